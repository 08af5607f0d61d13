"""Follow-ups know what was asked before, and conversations know nothing of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from boathouse.ask import Conversation
from boathouse.errors import LakeError, UsageError
from boathouse.workbench import Workbench
from tests.ask.test_offline import rows


def test_follow_ups_change_what_was_asked(small: Workbench):
    talk = Conversation()
    assert rows(small, "How many orders in the West?", conversation=talk) == [(3,)]
    assert rows(small, "and by person?", conversation=talk) == [("Ada", 2), ("Bo", 1)]
    assert rows(small, "only 2026", conversation=talk) == [("Ada", 2)]
    assert rows(small, "what about the East?", conversation=talk) == [("Bo", 2)]


def test_a_question_of_its_own_is_not_a_follow_up(small: Workbench):
    talk = Conversation()
    rows(small, "How many orders in the West?", conversation=talk)
    assert rows(small, "How many people are there?", conversation=talk) == [(3,)]


def test_a_fragment_with_nothing_before_is_a_question_back(small: Workbench):
    assert small.ask("and by region?").status != "answered"
    talk = Conversation()
    rows(small, "How many orders are there?", conversation=Conversation())
    assert small.ask("and by region?", conversation=talk).status != "answered"


def test_a_kept_conversation_goes_on(small: Workbench):
    rows(small, "How many orders in the West?", conversation="mine")
    assert rows(small, "and by person?", conversation="mine") == [("Ada", 2), ("Bo", 1)]
    assert len(Conversation.load(small.lake, "mine").turns) == 2


def test_a_name_that_leads_elsewhere_is_refused(small: Workbench, tmp_path: Path):
    with pytest.raises(UsageError, match="cannot name a conversation"):
        small.ask("How many orders?", conversation="../../x")


def test_a_figure_of_its_own_leaves_what_was_asked_before(small: Workbench):
    talk = Conversation()
    rows(small, "How many orders in the West?", conversation=talk)
    assert rows(small, "total amount of orders in 2026", conversation=talk) == [(35.5,)]
    answer = small.ask("only the West", conversation=talk)
    assert answer.rows == [{"sum_amount": 30.5}]
    assert "a follow-up of 'total amount of orders in 2026'" in answer.assumptions


def test_a_conversation_outlives_what_it_was_about(small: Workbench):
    talk = Conversation()
    rows(small, "How many people are there?", conversation=talk)
    assert small.ask("only the West", conversation=talk, role="nobody").status != "answered"
    assert rows(small, "How many orders are there?", conversation=talk) == [(5,)]


def test_another_count_keeps_what_was_said(small: Workbench):
    talk = Conversation()
    rows(small, "total amount of orders in the West", conversation=talk)
    assert rows(small, "and the number of orders?", conversation=talk) == [(3,)]


def test_after_a_question_back_a_fragment_is_not_about_what_was_before_it(small: Workbench):
    talk = Conversation()
    rows(small, "How many orders in the West?", conversation=talk)
    answer = small.ask("top people", conversation=talk)
    assert answer.status == "clarify"
    assert small.ask("region East", conversation=talk).rows != [{"count": 2}]


def test_every_option_is_a_question_that_is_answered(small: Workbench):
    for question in ("how many ordrs in the West", "orders in the West", "orders in West and East, how many?", "average"):
        for option in small.ask(question).options:
            assert small.ask(option).status == "answered", option


def test_a_damaged_conversation_is_named(small: Workbench):
    rows(small, "How many orders in the West?", conversation="torn")
    small.lake.store.put_bytes(b'[{"question": "How', "runs/conversations/torn.json")
    with pytest.raises(LakeError, match="is damaged"):
        small.ask("and by person?", conversation="torn")


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("How many orders in the West?", "How many of those were in 2026?", [(2,)]),
        ("How many orders in the West?", "What is their total amount?", [(37.5,)]),
        ("total amount of orders in the West", "How many orders is that?", [(3,)]),
        ("Which orders are in the West?", "How many are those?", [(3,)]),
    ],
)
def test_words_that_point_back_mean_the_rows_of_the_answer_before(small: Workbench, first: str, then: str, expected: list):
    talk = Conversation()
    small.ask(first, conversation=talk)
    assert rows(small, then, conversation=talk) == expected
    assert any("read as the rows of" in note for note in small.ask("list those", conversation=talk).assumptions)


def test_a_number_chooses_what_was_offered_and_a_short_reply_completes_the_question(small: Workbench):
    talk = Conversation()
    offered = small.ask("open orders", conversation=talk).options
    assert len(offered) == 2
    assert small.ask("1", conversation=talk).question == offered[0]
    assert small.ask("top 1 people?", conversation=talk).status == "clarify"
    answer = small.ask("by number of orders", conversation=talk)
    assert answer.rows == [{"people": "Bo", "count": 3}]
    assert "read as 'top 1 people by number of orders'" in answer.assumptions


def test_a_reply_that_is_a_question_as_well_is_asked_back(small: Workbench):
    talk = Conversation()
    assert small.ask("top 1 people?", conversation=talk).status == "clarify"
    answer = small.ask("total amount", conversation=talk)
    assert (answer.status, answer.options) == ("clarify", ["top 1 people total amount", "total amount"])
    assert rows(small, "1", conversation=talk) == [("Ada", 30.5)]


@pytest.mark.parametrize("kept", [True, False])
def test_a_follow_up_knows_what_those_were(small: Workbench, kept: bool):
    talk = "long" if kept else Conversation()
    rows(small, "How many orders in the West?", conversation=talk)
    assert rows(small, "How many of those were in 2026?", conversation=talk) == [(2,)]
    assert rows(small, "and by person?", conversation=talk) == [("Ada", 2)]
    small.ask("top 1 people?", conversation=talk)
    assert rows(small, "by total amount", conversation=talk) == [("Ada", 30.5)]
    assert rows(small, "only the East", conversation=talk) == [("Bo", 5)]


def test_a_word_in_the_place_of_one_that_is_not_known_is_asked_back_whole(small: Workbench):
    talk = Conversation()
    small.ask("How many ordrs in the West?", conversation=talk)
    assert small.ask("orders", conversation=talk).options == ["How many orders in the West"]
    assert rows(small, "1", conversation=talk) == [(3,)]


def test_a_few_words_behind_a_question_back_are_not_taken_for_a_question(small: Workbench):
    talk = Conversation()
    small.ask("Why are amounts falling?", conversation=talk)
    assert rows(small, "total amount", conversation=talk) == [(42.5,)]  # behind a refusal they are one
    small.ask("orders together?", conversation=talk)
    assert small.ask("total amount", conversation=talk).status == "clarify"


@pytest.mark.parametrize(
    "question",
    [
        "How many of those were in the West?",
        "How many orders did they place?",
        "list them",
        "how many orders did she place?",
        "what amount did it bring?",
        "what is its total amount?",
        "how many orders were there then?",
    ],
)
def test_words_that_point_back_to_nothing_are_a_question_back(small: Workbench, question: str):
    assert small.ask(question).status == "clarify"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("orders by region", "How many of those are in the West?"),  # groups, not rows
        ("How many people are there?", "How many orders did they place?"),  # other data
        ("Which region has the most orders?", "How many orders in that region?"),  # one of them
        ("Which person has the most orders?", "What amount did he spend?"),
        ("Which person has the most orders?", "which region had it?"),
        ("total amount in October 2026", "and the largest?"),  # the largest of what was only added up
    ],
)
def test_what_cannot_be_taken_up_is_a_question_back(small: Workbench, first: str, then: str):
    talk = Conversation()
    assert small.ask(first, conversation=talk).status == "answered"
    assert small.ask(then, conversation=talk).status == "clarify"


def test_suggestions_begin_with_what_is_looked_at(small: Workbench):
    names = list(small.asker.known(small.policy()).datasets)
    assert names[-1] not in {metric.dataset for metric in small.asker.known(small.policy()).metrics}
    last = [f"how many {name} are there" for name in (names[-1], *names[:-1])]
    found = small.asker.suggestions(small.policy(), about=[names[-1]])
    assert found == last[: len(found)]
    assert all(small.ask(question).status == "answered" for question in found)
