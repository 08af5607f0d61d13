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
from boathouse.ask.replies import answerable, completed, may_be_a_reply, put_in
from boathouse.ask.rewording import reworded, translated
from boathouse.ask.words import Tag, Tagger


class Offline:
    """Reads a question by lexicon and lake. Two readings that differ are a question back, an unknown word is named."""

    name = "offline"

    def draft(self, question: str, context: Context) -> Draft:
        tagger = Tagger(context.known)
        context.step("reading the question")
        turns = context.conversation.turns
        whole, asked = completed(question, turns, tagger), question
        if found := put_in(question, turns, tagger):
            raise UnclearError("Is this what you mean?", found)
        try:
            intent, made = self._planned(question, tagger, context)
        except UnclearError as problem:
            if whole is None:
                guesses, problem.options = problem.options, answerable(problem, question, tagger)
                if guesses and problem.word and not problem.options:  # none of them makes a question that is answered
                    problem.text += f"; it may be {' or '.join(map(repr, guesses))}"
                raise
            intent, made = self._planned(whole, tagger, context)
            asked = whole
            intent.assumptions.append(f"read as {whole!r}")
        else:
            if whole is not None:
                raise UnclearError("Which of these do you mean?", [whole, question])
            if may_be_a_reply(question, turns, tagger):
                raise UnclearError("Is that a question of its own? If not, ask the one before again, whole", [question])
        context.conversation.intent, context.conversation.known = intent, context.known
        units = {"percent": "%", "change_percent": "%"}
        units |= {metric.name: metric.unit for metric in context.known.metrics if metric.unit}
        units |= {f"{how}_{c.name}": c.unit for d in context.known.datasets.values() for c in d.columns.values() if c.unit
                  for how in ("sum", "avg", "median", "min", "max")}  # fmt: skip
        read = translated(question, context.known)
        notes = made.notes if read == question else [f"read as {read!r}, by glossary.yml", *made.notes]
        alike = [f"{tag.text!r} read as {tag.alike}" for tag in tagger.tags(asked) if tag.alike]
        notes = [*intent.assumptions[-1:], *alike, *notes]
        return Draft(made.sql, notes, made.measures, made.groups, units)

    def _planned(self, question: str, tagger: Tagger, context: Context) -> tuple[Intent, Plan]:
        turns = context.conversation.turns
        mine = bool(turns) and turns[-1]["status"] == "answered" and turns[-1]["answerer"] == self.name
        goes_on = tagger.known.lexicon.phrases.get((question.split(maxsplit=1)[0].lower(),)) in ("and", "only")
        before = self._before(tagger, context) if goes_on or (turns and turns[-1]["status"] == "answered") else None
        intent = self._intent(question, tagger, before, mine=mine, last=_last(context))
        return intent, plan(intent, context.known)

    def _intent(self, question: str, tagger: Tagger, before: Intent | None, *, mine: bool, last: str) -> Intent:
        """What a question asks for, after one that asked for `before`; `mine` says that this was the last one answered."""
        tags = tagger.tags(question)
        if at := pointing(reworded(question, tagger.known), tags, tagger):
            made = about_its_rows(before if mine else None, at, reworded(question, tagger.known), tagger)
            made.assumptions = [f"{at.text!r} read as the rows of {last!r}"]
            return made
        try:
            self._none_unknown(tags, tagger)
            if before is not None and (follow := merged(before, tags, tagger.known)):
                follow.assumptions = [*before.assumptions, f"a follow-up of {last!r}"]
                return follow
            made = Reading(tags, tagger.known).intent()
        except UnclearError:
            cause = next((tag for tag in tags if tag.kind in ("cause", "forecast")), None)
            if cause is not None:
                return Reading([cause], tagger.known).intent()
            raise
        if before is not None and tags[0].kind == "and" and (made.rank or not made.measures):
            raise UnclearError("I cannot take that up from the question before: ask it whole", asks=True)
        return made

    def _before(self, tagger: Tagger, context: Context) -> Intent | None:
        """What the last answered question asked for; read again where the conversation was kept or the data has changed."""
        if context.conversation.intent and context.conversation.known is context.known:
            return context.conversation.intent
        found: Intent | None = None
        last = ""
        turns = context.conversation.turns
        for place, turn in enumerate(turns):
            if turn["status"] == "answered" and turn["answerer"] == self.name:
                asked = completed(turn["question"], turns[:place], tagger) or turn["question"]
                with contextlib.suppress(UnclearError):  # it was asked of data that has changed, or by another role
                    found = self._intent(asked, tagger, found, mine=found is not None, last=last)
                last = turn["question"]
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
        if len(unknown) == 1:
            raise UnclearError(text, guesses[unknown[0].text], word=unknown[0].text)
        options = []
        for rank in range(max(map(len, guesses.values()))):
            chosen = {word: found[min(rank, len(found) - 1)] for word, found in guesses.items()}
            words_of = (part for tag in tags for part in (*tag.after, chosen.get(tag.text, tag.text)))
            options.append(" ".join(words_of))
        raise UnclearError(text, list(dict.fromkeys(options)))


def _last(context: Context) -> str:
    return next((str(turn["question"]) for turn in reversed(context.conversation.turns) if turn["status"] == "answered"), "")
