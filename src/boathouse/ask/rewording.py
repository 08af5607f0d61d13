"""A question in plainer words, before it is read: the glossary's terms, quotation marks of every kind, and what is said around others."""

from __future__ import annotations

import re

from boathouse.ask.knowledge import Knowledge

_SUM = re.compile(r"([€$£]) ?(\d[\d,]*(?:\.\d+)?(?:k|m|bn)?)\b", re.IGNORECASE)
_QUOTED = re.compile(r"""(?<![\w'])(?:'|‘|’|`|``|'')(?!s\b)\s?([^'‘’`"]*[^'‘’`"\s])\s?(?:'|’|`|''|´)(?![\w'])""")


def translated(question: str, known: Knowledge) -> str:
    """The question with the glossary's terms put into the words that they mean."""
    for term, meaning in sorted(known.glossary.items(), key=lambda pair: -len(pair[0])):
        question = _put(question, term, meaning)
    return question


def reworded(question: str, known: Knowledge) -> str:
    """The question as it is read."""
    question = _QUOTED.sub(r'"\1"', translated(question, known))
    question = re.sub(r"(?<=\ws)['’](?=\s)", "", question)  # customers' orders
    for said, meaning in known.lexicon.inside:  # "with rock in the title"
        first, second = map(re.escape, said.split(" … "))
        question = re.sub(
            rf"\b{first} \"?(?:the word )?([^\"]{{1,40}}?)\"? {second}\b",
            meaning.replace("…", r"\1"),
            question,
            flags=re.IGNORECASE,
        )
    question = _SUM.sub(r"\2 \1", question)  # £500
    for phrase, meaning in known.lexicon.reworded:
        question = _put(question, phrase, meaning)
    swapped = rf"\b(?:an? )?({'|'.join(map(re.escape, known.lexicon.swapped))}) ((?:\w+ )?\w+) than\b"
    question = re.sub(swapped, r"\2 \1 than", question, flags=re.IGNORECASE)
    for (first, second), meaning in known.lexicon.around:
        asked = re.fullmatch(rf"(.*?)\b{first} (.+?) {second} (.*?)([,?.!]|$)(.*)", question, flags=re.IGNORECASE | re.DOTALL)
        question = f"{asked[1]}{meaning} {asked[3]} of {asked[2]}{asked[4]}{asked[5]}" if asked else question
    return question


def _put(question: str, term: str, meaning: str) -> str:
    return re.sub(rf"\b{re.escape(term)}\b", lambda _: meaning, question, flags=re.IGNORECASE)
