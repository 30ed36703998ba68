"""An answer that cannot be used."""

from monitor.errors import LangyanError
from monitor.model import Words


class AnswerError(LangyanError):
    """Why an answer to a question of `langyan init` cannot be used, in both languages, for it is asked again in one of them."""

    def __init__(self, said: Words) -> None:
        super().__init__(said.en)
        self.said = said
