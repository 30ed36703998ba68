"""SnowNLP behind the Scorer port: naive Bayes over its own segmentation, trained on shopping and hotel reviews.

Near chance on Weibo (AUC 0.56-0.73) and not a probability; kept because people know it, can retrain it, and it errs
elsewhere than `linear` does. Importing it costs two seconds and about 420 MB, so only the scoring process does.
"""

import gzip
import json
import re
import zlib
from collections.abc import Sequence
from importlib.metadata import version
from math import exp, log
from pathlib import Path

from snownlp import normal
from snownlp import sentiment as snownlp_sentiment
from snownlp.utils.frequency import AddOneProb

from monitor.errors import ConfigError
from monitor.model import Passage, Sentiment
from monitor.sentiment import Options
from monitor.sentiment.aim import found, heard
from monitor.sentiment.odds import Odds, probability
from monitor.sentiment.prepare import preparation, spelled
from monitor.sentiment.segment import Segmenter
from monitor.sentiment.weights import shipped
from monitor.watch.target import About, look, marked

FORM = "langyan.snownlp.v1"

_WEIGHTY = 0.7
"""From this log-odds on a word is worth showing: it is twice as frequent in bad reviews as in good ones."""

_UNIT_RUN = re.compile(r"(.{2,8}?)\1{3,}", re.DOTALL)
_READABLE = re.compile("[0-9A-Za-z㐀-鿿]")
_TONE = 0.25
"""SnowNLP's log-odds add up word by word as if each were news; a quarter of them is nearer the truth."""


class Snow:
    """Scores one text after another; a text without words is neutral, and no text raises."""

    engine = "snownlp"

    def __init__(self, options: Options) -> None:
        self.version = version("snownlp")
        self._prepare = preparation(options)
        self._cut = Segmenter()
        self._aim = shipped().aim
        if options.snownlp:
            self._bad, self._good, self.version = load(Path(options.snownlp))
        else:
            self._bad, self._good = counts_shipped()

    def score(self, passages: Sequence[Passage]) -> list[Sentiment]:
        return [self._one(passage) for passage in passages]

    def _one(self, passage: Passage) -> Sentiment:
        prepared = self._prepare(passage.text)
        text = _UNIT_RUN.sub(r"\1\1\1", spelled(prepared, passage.text)).strip()
        if not _READABLE.search(text):
            return Sentiment(negative=0.0, aimed=0.0, engine=self.engine, version=self.version)
        tone, weights = odds(self._bad, self._good, words(self._cut, text))
        bearing = look(marked(prepared, About(passage.names, passage.rivals))[0])
        odds_ = Odds(_TONE * tone, 0.0, _TONE * tone)
        aimed = probability(heard(self._aim, odds_) + found(self._aim, odds_, 0.0, bearing))
        return Sentiment(
            negative=1 / (1 + exp(-max(-60.0, min(60.0, tone)))),
            aimed=aimed,
            evidence=tuple(sorted(weights, key=lambda word: -weights[word])[:3]),
            categories=bearing.categories,
            engine=self.engine,
            version=self.version,
        )


def odds(bad: AddOneProb, good: AddOneProb, read: Sequence[str]) -> tuple[float, dict[str, float]]:
    """SnowNLP's own log-odds of being bad, and what the weighty words add to them."""
    total = log(bad.getsum()) - log(good.getsum())
    weights: dict[str, float] = {}
    for word in read:
        weight = log(bad.freq(word)) - log(good.freq(word))
        total += weight
        if weight >= _WEIGHTY and len(word) > 1:
            weights[word] = weight
    return total, weights


def cutter() -> Segmenter:
    """SnowNLP's segmentation, as fast as it can be without another result."""
    return Segmenter()


def words(cut: Segmenter, text: str) -> list[str]:
    """What SnowNLP's classifier reads: its segmentation without stop words."""
    kept: list[str] = normal.filter_stop(cut(text))
    return kept


def counts_shipped() -> tuple[AddOneProb, AddOneProb]:
    """The word counts that come with SnowNLP: of bad reviews, of good ones."""
    counts = snownlp_sentiment.classifier.classifier.d
    return counts["neg"], counts["pos"]


def counted(texts: Sequence[Sequence[str]], negative: Sequence[bool]) -> tuple[AddOneProb, AddOneProb]:
    """SnowNLP's learner on texts as `words` gives them."""
    bad, good = AddOneProb(), AddOneProb()
    for read, is_bad in zip(texts, negative, strict=True):
        for word in read:
            (bad if is_bad else good).add(word, 1)
    return bad, good


def write(bad: AddOneProb, good: AddOneProb, out: Path, made_of: str) -> None:
    """Writes a retrained classifier."""
    header = {"form": FORM, "version": f"{version('snownlp')}+{made_of}", "bad": bad.d, "good": good.d}
    out.write_bytes(gzip.compress(json.dumps(header, ensure_ascii=False, sort_keys=True).encode(), mtime=0))


def load(path: Path) -> tuple[AddOneProb, AddOneProb, str]:
    """The two word counts of a retrained classifier, and its version. ConfigError for anything else."""
    try:
        header = json.loads(gzip.decompress(path.read_bytes()))
        if header["form"] != FORM:
            raise ValueError(f"its form is {header['form']!r}, not {FORM!r}")  # noqa: TRY301 - one place reports them all
        return _counts(header["bad"]), _counts(header["good"]), str(header["version"])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(str(path), f"not a SnowNLP classifier: {error}", "Train it again, or take it away") from None


def _counts(counts: dict[str, int]) -> AddOneProb:
    probability_ = AddOneProb()
    probability_.d = {str(word): int(count) for word, count in counts.items()}
    probability_.total = float(sum(probability_.d.values()))
    return probability_
