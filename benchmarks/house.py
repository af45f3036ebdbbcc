"""How large the project is and how its models hang together: docs/architecture.md.

    dbt parse && python benchmarks/house.py target/manifest.json

Counts come from the manifest, so only models of the connectors in use are counted where
it says so; lines are those of all files.
"""

import argparse
import json
import statistics
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("demo", "staging", "intermediate", "marts")


def read_models(manifest):
    """{name: (layer, names of the models that it reads)} of the package's models."""
    own = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["package_name"] == "segmentation"
    }
    return {
        node["name"]: (
            next(layer for layer in LAYERS if layer in node["fqn"]),
            [own[key]["name"] for key in node["depends_on"]["nodes"] if key in own],
        )
        for node in own.values()
    }


def ancestors(models, name):
    """Every model that a model reads, directly or not."""
    found, waiting = set(), [name]
    while waiting:
        new = set(models[waiting.pop()][1]) - found
        found |= new
        waiting += new
    return found


def longest_path(models, name, known=None):
    """The longest chain of models that ends with a model, from its first on."""
    known = {} if known is None else known
    if name not in known:
        chains = [longest_path(models, parent, known) for parent in models[name][1]]
        known[name] = [*max(chains, key=len, default=[]), name]
    return known[name]


def count_switches(models, chain):
    """How often a chain goes from one layer to another."""
    layers = [models[name][0] for name in chain]
    return sum(one != other for one, other in zip(layers, layers[1:], strict=False))


def count_lines(folder, pattern):
    """Lines of each file."""
    paths = (ROOT / folder).rglob(pattern)
    return [len(path.read_text(encoding="utf-8").splitlines()) for path in paths]


def measure(manifest):
    """The figures, {what: value}."""
    models = read_models(manifest)
    readers = Counter(parent for _, parents in models.values() for parent in parents)
    intermediates = [
        name for name, (layer, _) in models.items() if layer == "intermediate"
    ]
    sql = count_lines("models", "*.sql")
    chain = longest_path(models, "rpt_esp_profiles")
    library = ROOT / "python_models" / "segmentation"
    return {
        "models in use, demo shop": len(models),
        "SQL models, all connectors": len(sql),
        "lines of SQL models": sum(sql),
        "lines of a SQL model, median": round(statistics.median(sql)),
        "lines of a SQL model, longest": max(sql),
        "lines of the models' YAML": sum(count_lines("models", "*.yml")),
        "lines of the library": sum(count_lines(library, "*.py")),
        "modules beside the library's rooms": len(list(library.glob("[!_]*.py"))),
        "rooms of the library": len(list(library.glob("*/__init__.py"))),
        "ancestors of rpt_esp_profiles": len(ancestors(models, "rpt_esp_profiles")),
        "longest chain to rpt_esp_profiles": len(chain),
        "switches of layer on it": count_switches(models, chain),
        "intermediates": len(intermediates),
        "of them with one reader": sum(readers[name] == 1 for name in intermediates),
        "of them with none": sum(readers[name] == 0 for name in intermediates),
    }


def main():
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path)
    figures = measure(json.loads(parser.parse_args().manifest.read_text()))
    width = max(map(len, figures))
    for what, value in figures.items():
        print(f"{what:{width}}  {value:>7,}")


if __name__ == "__main__":
    main()
