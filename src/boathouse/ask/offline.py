"""The answerer that needs no model: it answers what it can account for word by word, and asks back otherwise."""

from __future__ import annotations

import contextlib

from boathouse.ask.answer import Draft
from boathouse.ask.followup import merged
from boathouse.ask.intent import Intent, UnclearError
from boathouse.ask.planning import Plan, plan
from boathouse.ask.pointing import about_its_rows, pointing
from boathouse.ask.protocol import Context
from boathouse.ask.reading import Reading
from boathouse.ask.words import Tag, Tagger

_REPLY = 4  # words of a reply to a question back


class Offline:
    """Reads a question by lexicon and lake. Two readings that differ are a question back, an unknown word is named."""

    name = "offline"

    def draft(self, question: str, context: Context) -> Draft:
        tagger = Tagger(context.known)
        context.step("reading the question")
        whole = _completed(question, context, tagger)
        try:
            intent, made = self._planned(question, tagger, context)
        except UnclearError as problem:
            if whole is None:
                problem.options = _answerable(problem, question, tagger)
                raise
            intent, made = self._planned(whole, tagger, context)
            intent.assumptions.append(f"read as {whole!r}")
        else:
            if whole is not None:
                raise UnclearError("Which of these do you mean?", [whole, question])
        context.conversation.intent, context.conversation.known = intent, context.known
        units = {metric.name: metric.unit for metric in context.known.metrics if metric.unit}
        units |= {f"{how}_{c.name}": c.unit for d in context.known.datasets.values() for c in d.columns.values() if c.unit
                  for how in ("sum", "avg", "median", "min", "max")}  # fmt: skip
        read = tagger.translated(question)
        notes = made.notes if read == question else [f"read as {read!r}, by glossary.yml", *made.notes]
        notes = [*intent.assumptions[-1:], *notes]
        return Draft(made.sql, notes, made.measures, made.groups, units)

    def _planned(self, question: str, tagger: Tagger, context: Context) -> tuple[Intent, Plan]:
        intent = self._intent(tagger.translated(question), tagger.tags(question), tagger, context)
        return intent, plan(intent, context.known)

    def _intent(self, question: str, tags: list[Tag], tagger: Tagger, context: Context) -> Intent:
        turns = context.conversation.turns
        if at := pointing(question, tags, tagger):
            mine = turns and turns[-1]["status"] == "answered" and turns[-1]["answerer"] == self.name
            before = self._before(tagger, context) if mine else None
            made = about_its_rows(before, at, question, tagger)
            made.assumptions = [f"{at.text!r} read as the rows of {_last(context)!r}"]
            return made
        if turns and turns[-1]["status"] != "answered" and tags and tags[0].kind not in ("and", "only"):
            self._none_unknown(tags, tagger)
            return Reading(tags, context.known).intent()
        before = self._before(tagger, context)
        try:
            self._none_unknown(tags, tagger)
            if before is not None and (follow := merged(before, tags, context.known)):
                follow.assumptions = [*before.assumptions, f"a follow-up of {_last(context)!r}"]
                return follow
            return Reading(tags, context.known).intent()
        except UnclearError:
            cause = next((tag for tag in tags if tag.kind in ("cause", "forecast")), None)
            if cause is not None:
                return Reading([cause], context.known).intent()
            raise

    def _before(self, tagger: Tagger, context: Context) -> Intent | None:
        """What the last answered question asked for; read again where the conversation was kept or the data has changed."""
        if context.conversation.intent and context.conversation.known is context.known:
            return context.conversation.intent
        found: Intent | None = None
        for turn in context.conversation.turns:
            if turn["status"] == "answered" and turn["answerer"] == self.name:
                tags = tagger.tags(turn["question"])
                with contextlib.suppress(UnclearError):  # it was asked of data that has changed, or by another role
                    found = (merged(found, tags, context.known) if found else None) or Reading(tags, context.known).intent()
        return found

    def _none_unknown(self, tags: list[Tag], tagger: Tagger) -> None:
        """Raises a question back that names unknown words, and offers the question with the likeliest ones in their place."""
        unknown = [tag for tag in tags if tag.kind == "unknown"]
        if not unknown:
            return
        words = ", ".join(repr(tag.text) for tag in unknown)
        guesses = {tag.text: tagger.guesses(tag) for tag in unknown}
        text = f"I do not know what {words} means here" if len(unknown) == 1 else f"I do not know what {words} mean here"
        if not all(guesses.values()):
            near = {word: found for word, found in guesses.items() if found}
            raise UnclearError(
                text + "".join(f"; {word!r} may be {' or '.join(found)}" for word, found in near.items()), word=unknown[0].text
            )
        options = []
        for rank in range(max(map(len, guesses.values()))):
            chosen = {word: found[min(rank, len(found) - 1)] for word, found in guesses.items()}
            words_of = (part for tag in tags for part in (*tag.after, chosen.get(tag.text, tag.text)))
            options.append(" ".join(words_of))
        raise UnclearError(text, list(dict.fromkeys(options)), word=unknown[0].text)


def _completed(reply: str, context: Context, tagger: Tagger) -> str | None:
    """The question that was asked back, with a short reply behind it, where that can be answered: `by revenue`, `revenue`."""
    last = context.conversation.turns[-1] if context.conversation.turns else None
    if last is None or last["status"] != "clarify" or len(reply.split()) > _REPLY or reply in last.get("options", []):
        return None
    for middle in (" ", " by "):
        whole = f"{last['question'].rstrip(' ?!.')}{middle}{reply}"
        with contextlib.suppress(UnclearError):
            plan(Reading(tagger.tags(whole), tagger.known).intent(), tagger.known)
            return whole
    return None


def _answerable(problem: UnclearError, question: str, tagger: Tagger) -> list[str]:
    """The options as whole questions, those that are answered: a button that leads to the next question back is none."""
    found: list[str] = []
    asked = question.rstrip(" ?!.")
    for option in problem.options:
        for whole in (asked.replace(problem.word, option) if problem.word else option, f"{asked} {option}", option):
            with contextlib.suppress(UnclearError):
                plan(Reading(tagger.tags(whole), tagger.known).intent(), tagger.known)
                found.append(whole)
                break
    return [one for one in dict.fromkeys(found) if one.lower() != asked.lower()]


def _last(context: Context) -> str:
    return next((str(turn["question"]) for turn in reversed(context.conversation.turns) if turn["status"] == "answered"), "")
