from otel_cert.store import identity
from otel_cert.store.layout import Layout


def test_each_directory_has_an_id_of_its_own_and_keeps_it(tmp_path):
    one, other = Layout.create(tmp_path / "one"), Layout.create(tmp_path / "other")
    assert identity.store_id(one) == ""
    made = identity.ensure(one)
    assert len(bytes.fromhex(made)) == 16
    assert identity.ensure(one) == identity.store_id(Layout.create(one.root)) == made
    assert identity.ensure(other) != made
