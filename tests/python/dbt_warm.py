"""dbt made ready once, for all runs that are forked off: imported by their server.

A run of dbt that begins by itself spends seconds on imports, on classes that are
compiled when first used and on the schemas of its own configuration, before it reads
the project's. And each node of a run pays for what nobody reads: events below the
level of every logger, and a dictionary of all macros, put together key by key. Only
how long dbt takes is changed here, and nothing that it does or says.
"""

import gc
from contextlib import suppress
from importlib import import_module

import networkx
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.artifacts import resources
from dbt.clients.jinja import MacroGenerator
from dbt.compilation import Linker
from dbt.context.macros import MacroNamespace
from dbt.context.manifest import ManifestContext
from dbt.contracts import project, selection
from dbt.contracts.graph import nodes, unparsed
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
from dbt_common.events.event_manager import EventManager


def import_all():
    for name in (
        "dbt.cli.main", "dbt.adapters.duckdb", "sklearn.cluster", "sklearn.neighbors",
        "sklearn.linear_model", "xgboost",
    ):  # fmt: skip
        import_module(name)


def compile_classes():
    """Compile the classes that read a manifest and check configurations."""
    Manifest.from_msgpack(Manifest().to_msgpack())
    for kind in (
        nodes.AnalysisNode, nodes.Documentation, nodes.Exposure, nodes.GenericTestNode,
        nodes.HookNode, nodes.Macro, nodes.Metric, nodes.ModelNode, nodes.SavedQuery,
        nodes.SeedNode, nodes.SemanticModel, nodes.SingularTestNode,
        nodes.SourceDefinition, nodes.UnitTestDefinition,
    ):  # fmt: skip
        # either is compiled when first called, whatever it is called with
        with suppress(Exception):
            kind.from_dict({})
        with suppress(Exception):
            kind.__new__(kind).to_dict()
    for checked in (
        DuckDBCredentials, nodes.AnalysisNode, nodes.GenericTestNode, nodes.HookNode,
        nodes.ModelNode, nodes.SeedNode, nodes.SingularTestNode, project.Configuration,
        project.PackageConfig, project.ProfileConfig, project.Project,
        project.ProjectFlags, resources.ModelConfig, resources.NodeConfig,
        resources.SeedConfig, resources.TestConfig, selection.SelectorFile,
        unparsed.UnparsedExposure, unparsed.UnparsedMetric,
        unparsed.UnparsedSavedQuery, unparsed.UnparsedSemanticModel,
        unparsed.UnparsedUnitTest,
    ):  # fmt: skip
        checked.json_schema()


def leave_out_unread_events():
    """Write down an event for debugging only where a logger is to write it."""
    fire, init = EventManager.fire_event, BaseEvent.__init__

    def fire_if_read(self, e, level=None, *args, **kwargs):
        if (level or e.level_tag()) == EventLevel.DEBUG and not any(
            logger.level in (EventLevel.DEBUG, EventLevel.TEST)
            for logger in self.loggers
        ):
            return
        fire(self, e, level, *args, **kwargs)

    def keep_for_later(self, *args, **kwargs):
        if args or type(self).level_tag is not DebugLevel.level_tag:
            init(self, *args, **kwargs)
        else:
            self.__dict__["told"] = kwargs

    def read(self, key):
        if key == "pb_msg":
            init(self, **self.__dict__["told"])
            return self.__dict__["pb_msg"]
        return getattr(self.pb_msg, key)

    EventManager.fire_event = fire_if_read
    BaseEvent.__init__ = keep_for_later
    BaseEvent.__getattr__ = read


def flatten_macros_at_once():
    """Put together the macros of a node's context by dictionary, not key by key."""
    to_dict = ManifestContext.__mro__[1].to_dict
    keyed = ManifestContext.to_dict

    def flatten(self):
        if type(self.namespace) is not MacroNamespace:
            return keyed(self)
        found = to_dict(self)
        for macros in reversed([*self.namespace._search_order()]):
            found.update(macros)
        return found

    def init(self, macro, context=None, node=None, stack=None):
        self.macro, self.context, self.node, self.stack = macro, context, node, stack

    ManifestContext.to_dict = flatten
    MacroGenerator.__init__ = init


def look_for_cycles_once():
    """Name the nodes of a cycle only where there is one."""
    find = Linker.find_cycles

    def find_if_any(self):
        return None if networkx.is_directed_acyclic_graph(self.graph) else find(self)

    Linker.find_cycles = find_if_any


import_all()
compile_classes()
leave_out_unread_events()
flatten_macros_at_once()
look_for_cycles_once()
# what is here by now is never garbage
gc.freeze()
