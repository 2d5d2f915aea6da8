"""What is measured of an answer, or of one of its sentences, before it becomes one number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from otel_cert.measures.accuracy.embedded import Embedded
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.source import Source, unit
from otel_cert.measures.accuracy.support import Support, mean_vector, support, together
from otel_cert.measures.accuracy.words import Sentence


def features(
    answer: Embedded, source: Source, sentences: Sequence[Sentence], whole: Support, findings: Iterable[Finding], question: Embedded | None
) -> dict[str, float]:
    part = whole.of(sentences[0].first, sentences[-1].last)
    by_place = part.by_place
    best = by_place.max(axis=1)
    found: dict[str, float] = {}
    w = part.weights + 1e-6
    found["mean"] = float((w * best).sum() / w.sum())
    found["plain"] = float(best.mean())
    lex = part.lexical.any(axis=1)
    found["lex"] = float(lex.mean())
    found["lexw"] = float((w * lex).sum() / w.sum())
    found["cos"] = float(part.cosine.max(axis=1).mean())
    found["low"] = float(np.percentile(best, 10))
    found["min"] = float(best.min())
    found["coslow"] = float(np.percentile(part.cosine.max(axis=1), 10))
    wins, wins1, near, sizes = [], [], [], []
    tog = together(by_place, source)
    for sentence in sentences:
        rows = (part.words >= sentence.first) & (part.words < sentence.last)
        if not rows.any():
            continue
        ww = w[rows]
        wins1.append(float(((ww[:, None] * by_place[rows]).sum(0) / ww.sum()).max()))
        wins.append(float(((ww[:, None] * tog[rows]).sum(0) / ww.sum()).max()))
        near.append(float((source.means @ mean_vector(answer, sentence.first, sentence.last)).max()))
        sizes.append(int(rows.sum()))
    s = np.array(sizes, float)
    found["win_min"], found["win_mean"] = min(wins), float((np.array(wins) * s).sum() / s.sum())
    found["win1_min"], found["win1_mean"] = min(wins1), float((np.array(wins1) * s).sum() / s.sum())
    found["near_min"], found["near_mean"] = min(near), float((np.array(near) * s).sum() / s.sum())
    va = mean_vector(answer, sentences[0].first, sentences[-1].last)
    found["whole"] = float(unit(source.means.mean(0)) @ va)
    content = answer.vectors[part.words].astype(np.float32).mean(0)
    found["topic"] = float(unit(source.means.mean(0)) @ unit(content))
    words = answer.parsed.words[sentences[0].first : sentences[-1].last]
    stems = [x.stem for x in words]
    for n in (2, 3, 4):
        found[f"copy{n}"] = _copied(stems, source, n)
    counts = Counter(one.kind for one in findings)
    for kind in ("number", "date", "entity", "antonym", "negation"):
        found[kind] = float(counts[kind])
    found["n"] = float(len(part.words))
    found["sents"] = float(len(sizes))
    found["places"] = float(len(source.places))
    found["short"] = float(len(part.words) <= 6 and len(sizes) == 1)
    found["q_gap"] = found["q_fit"] = found["q_min"] = found["q_z"] = found["q_near"] = 0.0
    if question is not None and question.parsed.words:
        q = support(question, source)
        qb = together(q.by_place, source)
        qw = q.weights + 1e-6
        per = (qw[:, None] * q.by_place).sum(0) / qw.sum()
        qs = source.means @ mean_vector(question, 0, len(question.parsed.words))
        at = by_place.mean(0)
        top = at >= at.max() - 0.02
        found["q_gap"] = float(per[top].max() - per.max())
        found["q_fit"] = float(per[top].max())
        k = int(np.flatnonzero(top)[per[top].argmax()])
        found["q_min"] = float(q.by_place[:, max(0, k - 1) : k + 2].max(1).min())
        found["q_low"] = float(q.by_place.max(1).min())
        found["q_z"] = float((qs[top].max() - qs.mean()) / (qs.std() + 1e-6)) if len(qs) > 1 else 0.0
        found["q_near"] = float(qs[top].max())
        found["q_neargap"] = float(qs[top].max() - qs.max())
    return found


def _copied(stems: Sequence[str], source: Source, n: int) -> float:
    known = source.grams(n)
    if len(stems) < n:
        return float(tuple(stems) in source.grams(len(stems))) if stems else 0.0
    covered = np.zeros(len(stems), bool)
    for k in range(len(stems) - n + 1):
        if tuple(stems[k : k + n]) in known:
            covered[k : k + n] = True
    return float(covered.mean())
