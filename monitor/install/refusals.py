"""An answer that cannot be used."""

from monitor.errors import LangyanError


class AnswerError(LangyanError):
    """Why an answer to a question of `langyan init` cannot be used, in both languages, for it is asked again in one of them."""
