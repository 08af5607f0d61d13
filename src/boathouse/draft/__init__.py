"""Drafts: what `boathouse add` writes after a look at the whole source, for a person to correct."""

from boathouse.draft.draft import Draft, draft

__all__ = ["Draft", "draft"]
