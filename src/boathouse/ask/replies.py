"""Questions back and their replies: what is offered is answered when it is chosen, and a few words behind a question back are taken
for its answer, or asked back once more, but not for a question of their own."""

from __future__ import annotations

import contextlib
from typing import Any

from boathouse.ask.intent import UnclearError
from boathouse.ask.planning import plan
from boathouse.ask.reading import Reading
from boathouse.ask.words import Tagger

_REPLY, _FEW = 4, 2  # words of a reply; of one that could as well be a question
Turns = list[dict[str, Any]]


def completed(reply: str, turns: Turns, tagger: Tagger) -> str | None:
    """The question that was asked back, completed by a reply: `by revenue`, `revenue`."""
    asked = _asked_back(reply, turns, _REPLY)
    wholes = (f"{asked} {reply}", f"{asked} by {reply}") if asked else ()
    return next((whole for whole in wholes if _reads(whole, tagger)), None)


def put_in(reply: str, turns: Turns, tagger: Tagger) -> list[str]:
    """The question that was asked back for a word that is not known, with the reply in its place."""
    asked = _asked_back(reply, turns, _REPLY)
    unknown = [tag.text for tag in tagger.tags(asked) if tag.kind == "unknown"] if asked else []
    return [whole for word in unknown if asked and _reads(whole := asked.replace(word, reply), tagger)]


def may_be_a_reply(question: str, turns: Turns, tagger: Tagger) -> bool:
    """Whether so few words, though they can be read as a question, may be meant as a reply."""
    begins = tagger.known.lexicon.phrases.get((question.split(maxsplit=1)[0].lower(),))
    return _asked_back(question, turns, _FEW) is not None and begins not in ("count", "which", "how_much")


def _asked_back(reply: str, turns: Turns, most: int) -> str | None:
    """The question that the last turn asked back, where a reply has at most so many words and is none of its options."""
    last = turns[-1] if turns else {}
    if last.get("status") != "clarify" or len(reply.split()) > most or reply in last.get("options", []):
        return None
    return str(last["question"]).rstrip(" ?!.")


def answerable(problem: UnclearError, question: str, tagger: Tagger) -> list[str]:
    """The options as whole questions, those that are answered: a button that leads to the next question back is none."""
    found: list[str] = []
    asked = question.rstrip(" ?!.")
    for option in problem.options:
        wholes = [asked.replace(problem.word, option)] if problem.word else []
        wholes += [*([option] if _covers(option, asked, tagger) else []), f"{asked} {option}"]
        found += [whole for whole in wholes if _reads(whole, tagger)][:1]
    return [one for one in dict.fromkeys(found) if one.lower() != asked.lower()]


def _covers(option: str, asked: str, tagger: Tagger) -> bool:
    """Whether an option says all that was asked, and may stand for it."""
    said = {tag.text.casefold() for tag in tagger.tags(option)}
    named = {tag.text.casefold() for tag in tagger.tags(asked) if tag.kind in ("name", "value", "period", "number")}
    return all(any(text in one for one in said) for text in named)


def _reads(question: str, tagger: Tagger) -> bool:
    with contextlib.suppress(UnclearError):
        plan(Reading(tagger.tags(question), tagger.known).intent(), tagger.known)
        return True
    return False
