"""What a user's own Python names in a `conf(...)`."""


def greet(name: str) -> str:
    return f"hello {name}"


class Inner: ...


class Greeting:
    def __init__(self, inner: Inner) -> None:
        self.inner = inner
