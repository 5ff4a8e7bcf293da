"""`type=local,dest=…`: what several options are given as, a line of CSV with key=value in its fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from onggi.boolean import parse_bool
from onggi.errors import Invalid


class Fields:
    """The fields of one option. What is asked for and wrong is raised as Invalid, with the whole option."""

    def __init__(self, whole: str, values: Mapping[str, str], every: Mapping[str, Sequence[str]] = {}) -> None:
        """`every`: all values of each key, where a key may be there several times."""
        self.whole = whole
        self.values = values
        self._every = every

    @classmethod
    def of(cls, option: str, text: str, *, aliases: Mapping[str, str] = {}, switches: Collection[str] = ()) -> Fields:
        """A key is what stands before the first `=`, in small letters; the last of one key counts. `aliases` are other
        names of keys; one of `switches` may stand without a value, which is `true` then."""
        whole = f"{option} {text}"
        every: dict[str, list[str]] = {}
        for field in split(option, text):
            key, equals, value = field.partition("=")
            key = key.strip() if "." in key else key.strip().lower()
            key = aliases.get(key, key)
            if not equals and key not in switches:
                raise Invalid(f"{whole}: {field!r} is not key=value", hint=f"write {option} key=value,key=value")
            every.setdefault(key, []).append(value if equals else "true")
        return cls(whole, {key: values[-1] for key, values in every.items()}, every)

    def get(self, key: str) -> str:
        """Its value; "" if it is not there."""
        return self.values.get(key, "")

    def all(self, key: str) -> Sequence[str]:
        """Each value of a key that may be there several times, in order."""
        return self._every.get(key, ())

    def flag(self, key: str, default: bool = False) -> bool:
        """A switch, in Go's words for truth."""
        text = self.get(key)
        found = parse_bool(text) if text else default
        if found is None:
            raise Invalid(f"{self.whole}: {key} is true or false, not {text!r}")
        return found

    def choice(self, key: str, words: Mapping[str, str], default: str) -> str:
        """What one of several words stands for."""
        text = self.get(key) or default
        if text not in words:
            from onggi.suggest import did_you_mean

            raise Invalid(f"{self.whole}: unknown {key} {text!r}{did_you_mean(text, words)}", hint=_one_of(words))
        return words[text]

    def number(self, key: str) -> int | None:
        """A whole number; None if it is not there."""
        text = self.get(key)
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise Invalid(f"{self.whole}: {key} is a number, not {text!r}")
        return int(text)

    def only(self, known: Collection[str], of: str = "it") -> None:
        """Raises Invalid for a key that is none of these, which are those of `of`."""
        for key in self.values:
            if key not in known:
                from onggi.suggest import did_you_mean

                raise Invalid(
                    f"{self.whole}: {key!r} is no key of {of}{did_you_mean(key, known)}",
                    hint="keys: " + ", ".join(sorted(known)),
                )


def split(option: str, text: str) -> list[str]:
    """The fields of a line of CSV; one with a comma stands between quotes. Raises Invalid."""
    import csv

    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise Invalid(f"{option} {text} is not a line of CSV: {error}") from error


def _one_of(words: Collection[str]) -> str:
    return "one of " + ", ".join(words)
