from otel_cert.demo.knowledge import load


def test_every_question_refers_to_what_exists():
    knowledge = load()
    passages = {p.id for p in knowledge.passages}
    assert len({q.question for q in knowledge.questions}) == len({q.id for q in knowledge.questions}) == 24
    assert {q.passage for q in knowledge.questions} - {None} <= passages
    assert all(q.tool["day"] in knowledge.hours for q in knowledge.questions if q.tool)


def test_some_answers_are_wrong_on_purpose():
    wrong = [q for q in load().questions if q.wrong]
    assert len(wrong) == 8
    assert all(q.said == q.wrong != q.answer for q in wrong)


def test_the_conversations_cover_models_protocols_and_streaming():
    conversations = load().conversations
    assert {c.model for c in conversations} == {"gpt-4o-mini", "gpt-4.1", "museum-guide-8b"}
    assert {c.protocol for c in conversations} == {"http/protobuf", "grpc"}
    assert {c.stream for c in conversations} == {True, False}
    assert {q.error for c in conversations for q in c.questions} == {None, 429, 500}
