from __future__ import annotations

import pytest
from msgspec.structs import replace

from onggi.errors import Denied, NotFound
from onggi.oci import digest, reference
from onggi.registry.trust import keys, payload
from onggi.registry.trust.signatures import Reason, Refused, Signed, Verified, accept, judge

IMAGE, OTHER = digest.of(b"image"), digest.of(b"other")
NAME = reference.parse("host.example/app:1")
KEY, STRANGER = keys.generate("cosign.pub"), keys.generate("stranger.pub")
BOTH = [STRANGER.public, KEY.public]


def signed(image: str = IMAGE) -> Signed:
    message = payload.make(NAME, image, {"env": "prod"})
    return Signed(form="cosign", message=message, signatures=(KEY.sign(message),))


def bundled(statement: bytes) -> Signed:
    return Signed(form="bundle", message=statement, signatures=(KEY.sign(statement),), statement=statement)


def test_a_good_signature_says_by_which_key_and_what_for() -> None:
    assert judge(signed(), IMAGE, BOTH) == Verified(
        form="cosign",
        key="cosign.pub",
        fingerprint=KEY.public.fingerprint,
        digest=IMAGE,
        reference="host.example/app",
        annotations={"env": "prod"},
    )


def test_without_keys_nothing_is_good() -> None:
    assert judge(signed(), IMAGE, []) == Refused(Reason.OTHER_KEY)


def test_a_signature_by_another_key() -> None:
    assert judge(signed(), IMAGE, [STRANGER.public]) == Refused(Reason.OTHER_KEY)


def test_a_signature_of_another_image_says_which() -> None:
    assert judge(signed(OTHER), IMAGE, BOTH) == Refused(Reason.OTHER_IMAGE, OTHER)


def test_what_strangers_say_is_not_read() -> None:
    """Garbage is told as garbage only where the key has signed it."""
    garbage = Signed(form="cosign", message=b"garbage", signatures=(b"",))
    assert judge(garbage, IMAGE, BOTH) == Refused(Reason.OTHER_KEY)
    said = judge(replace(garbage, signatures=(KEY.sign(b"garbage"),)), IMAGE, BOTH)
    assert isinstance(said, Refused)
    assert said.reason is Reason.UNREADABLE


def test_the_bytes_of_an_image_are_a_signature_of_that_image_alone() -> None:
    found = Signed(form="bundle", message=b"image", signatures=(KEY.sign(b"image"),))
    assert isinstance(judge(found, IMAGE, BOTH), Verified)
    assert judge(found, OTHER, BOTH) == Refused(Reason.OTHER_IMAGE, IMAGE)


def test_a_statement_counts_for_each_image_that_it_is_about() -> None:
    both = ",".join(f'{{"digest":{{"sha256":"{digest.hex_of(each)}"}}}}' for each in (OTHER, IMAGE))
    statement = f'{{"predicateType":"https://sigstore.dev/cosign/sign/v1","subject":[{both}]}}'.encode()
    assert isinstance(judge(bundled(statement), IMAGE, BOTH), Verified)
    assert judge(bundled(statement), digest.of(b"third"), BOTH) == Refused(Reason.OTHER_IMAGE, f"{OTHER}, {IMAGE}")


def test_one_by_a_certificate_is_not_looked_at() -> None:
    assert judge(replace(signed(), has_key=False), IMAGE, BOTH) == Refused(Reason.CERTIFICATE)


def test_a_good_one_is_enough() -> None:
    good = judge(signed(), IMAGE, BOTH)
    assert accept([Refused(Reason.OTHER_KEY), good, Refused(Reason.UNREADABLE)], "app", BOTH) == (good,)


def test_no_signature_at_all() -> None:
    with pytest.raises(NotFound, match="app is not signed") as raised:
        accept([], "app", [KEY.public])
    assert "cosign.pub" in raised.value.hint


def test_why_none_counts_is_told_weightiest_first() -> None:
    verdicts = [
        Refused(Reason.UNREADABLE, "no base64"),
        Refused(Reason.OTHER_KEY),
        Refused(Reason.OTHER_IMAGE, OTHER),
        Refused(Reason.OTHER_KEY),
    ]
    with pytest.raises(Denied) as raised:
        accept(verdicts, "app", BOTH)
    assert raised.value.message == (
        "app is not signed with stranger.pub or cosign.pub: "
        f"1 signature by the key, but of another image ({OTHER}), 2 signatures by another key, "
        "1 signature unreadable (no base64)"
    )
    assert "do not trust" in raised.value.hint


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_a_way_on(reason: Reason) -> None:
    with pytest.raises(Denied, match="app is not signed with") as raised:
        accept([Refused(reason)], "app", BOTH)
    assert raised.value.hint
