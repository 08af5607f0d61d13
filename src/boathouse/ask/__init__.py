"""Plain language in, a proven answer or an honest refusal out."""
