"""The project's macros rendered without dbt, for engines that no test has at hand."""

from types import SimpleNamespace

import jinja2
from conftest import ROOT

# what dbt's own macros give there, as its adapters have them
DBT = {
    "bigquery": ("string", "int64", "int64", "to_hex(md5({}))"),
    "spark": ("string", "int", "bigint", "md5({})"),
    "duckdb": ("varchar", "int", "bigint", "md5({})"),
}


class Returned(Exception):
    """How a macro returns a value; dbt's `return` is raised, too."""


class Package:
    """The macros of the files given, as `segmentation` is to dbt.

    Parameters
    ----------
    engine : str
        Name of an adapter of dbt, by which macros are dispatched.
    files : sequence of str
        Files in the folder of macros.
    edit : function of str, optional
        What is done to their text first.
    **context
        What else they may use, such as `execute` or `flags`.
    """

    def __init__(self, engine, files, edit=lambda text: text, **context):
        def give_back(value):
            raise Returned(value)

        calls = {
            name: lambda *parts, text=text: text.format(*parts)
            for name, text in zip(
                ("type_string", "type_int", "type_bigint", "hash"),
                DBT[engine],
                strict=True,
            )
        }
        self.engine = engine
        self.environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        self.environment.globals = {
            **self.environment.globals,
            "segmentation": self,
            "return": give_back,
            "adapter": SimpleNamespace(dispatch=self.dispatch, quote=self.quote),
            "target": SimpleNamespace(type=engine),
            "dbt": SimpleNamespace(**calls),
            "execute": True,
            "config": lambda **_: "",
            "ref": lambda *names: names[-1],
            "source": lambda name, table: f"{name}.{table}",
            **context,
        }
        text = "\n".join((ROOT / "macros" / file).read_text() for file in files)
        self.module = self.environment.from_string(edit(text)).module

    def __getattr__(self, name):
        macro = getattr(self.module, name)

        def call(*args, **kwargs):
            try:
                return macro(*args, **kwargs)
            except Returned as returned:
                return returned.args[0]

        return call

    def dispatch(self, name, _):
        own = f"{self.engine}__{name}"
        return getattr(self, own if hasattr(self.module, own) else f"default__{name}")

    def quote(self, name):
        return f"`{name}`" if self.engine in ("bigquery", "spark") else f'"{name}"'

    def render(self, path):
        """The SQL of a model."""
        return self.environment.from_string((ROOT / path).read_text()).render()
