"""The dashboard: one HTML file that asks nothing of anybody."""

import base64
import hashlib
import json
from importlib import resources
from string import Template

from segmentation.report import svg


def _hash(text):
    """What a content-security policy calls an inline script or style."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def safe_json(data):
    """JSON that may stand in a script element, whatever the names in it are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def dashboard_html(data):
    """The page as text.

    Parameters
    ----------
    data : dict
        As report_data makes it.

    Returns
    -------
    str
        HTML under a policy that lets nothing in but its own scripts, by their hashes.
    """
    folder = resources.files(__package__).joinpath("page")
    parts = {
        name: folder.joinpath(f"page.{kind}").read_text(encoding="utf-8")
        for name, kind in [("html", "html"), ("style", "css"), ("page", "js")]
    }
    scripts = {
        "echarts": svg.echarts_script(),
        "charts": svg.chart_script(),
        "page": parts["page"],
    }
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts.values()))}",
            f"style-src {_hash(parts['style'])}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return Template(parts["html"]).substitute(
        policy=policy, style=parts["style"], data=safe_json(data), **scripts
    )
