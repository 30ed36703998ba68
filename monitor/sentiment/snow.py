"""SnowNLP behind the Scorer port: naive Bayes over its own segmentation, trained on shopping and hotel reviews.

Near chance on Weibo (AUC 0.56-0.73) and not a probability; it is the first engine, not the last. Importing it costs two
seconds and about 420 MB, so only the scoring process does.
"""

from collections.abc import Sequence
from importlib.metadata import version
from math import exp, log

from snownlp import sentiment as snownlp_sentiment

from monitor.model import Sentiment
from monitor.sentiment.prepare import prepare

NEUTRAL = 0.0
"""What a text without words says of a brand: nothing bad."""

_WEIGHTY = 0.7
"""From this log-odds on a word is worth showing: it is twice as frequent in bad reviews as in good ones."""


class Snow:
    """Scores one text after another; a text without words is neutral, and no text raises."""

    engine = "snownlp"

    def __init__(self) -> None:
        self.version = version("snownlp")
        self._sentiment = snownlp_sentiment.classifier
        self._bayes = self._sentiment.classifier

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        return [self._one(prepare(text)) for text in texts]

    def _one(self, text: str) -> Sentiment:
        if not text:
            return self._sentiment_of(NEUTRAL, ())
        words: list[str] = self._sentiment.handle(text)
        bad, good = self._bayes.d["neg"], self._bayes.d["pos"]
        odds = log(bad.getsum()) - log(good.getsum())
        weights: dict[str, float] = {}
        for word in words:
            weight = log(bad.freq(word)) - log(good.freq(word))
            odds += weight
            if weight >= _WEIGHTY and len(word) > 1:
                weights[word] = weight
        evidence = tuple(sorted(weights, key=lambda word: -weights[word])[:3])
        return self._sentiment_of(1 / (1 + exp(-max(-60.0, min(60.0, odds)))), evidence)

    def _sentiment_of(self, negative: float, evidence: tuple[str, ...]) -> Sentiment:
        return Sentiment(negative=negative, aimed=negative, evidence=evidence, engine=self.engine, version=self.version)
