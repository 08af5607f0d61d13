"""Plain language in, a proven answer or an honest refusal out."""

from boathouse.ask.answer import Answer as Answer
from boathouse.ask.asking import Asker as Asker
from boathouse.ask.asking import Asking as Asking
from boathouse.ask.conversation import Conversation as Conversation
