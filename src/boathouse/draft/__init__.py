"""Drafts: what `boathouse add` writes after a look at the whole source, for a person to correct."""

from boathouse.draft.draft import Draft, Types, draft, without_password

__all__ = ["Draft", "Types", "draft", "without_password"]
