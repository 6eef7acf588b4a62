"""Panels of Grafana dashboards, in as few words as ours need.

https://grafana.com/docs/grafana/latest/panels-visualizations/
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH = 24  # of a dashboard
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"


def steps(*limits: tuple[float | None, str]) -> Row:
    """Colours from these values on; the first is that of all below."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in limits]}


def up_to(limit: float) -> Row:
    """Good as long as it is less, and a warning from four fifths on."""
    return steps((None, GREEN), (limit * 0.8, YELLOW), (limit, RED))


NONE_IS_GOOD = steps((None, GREEN), (1, RED))
ONE_IS_GOOD = steps((None, RED), (1, GREEN))
PLAIN = steps((None, BLUE))


def query(expr: str, legend: str = "", *, ref: str = "A", table: bool = False, now: bool = False) -> Row:
    """A query: over time, or for this moment alone (`now`, `table`)."""
    return {
        "refId": ref, "datasource": SOURCE, "expr": expr, "legendFormat": legend or "__auto", "editorMode": "code",
        "instant": now or table, "range": not (now or table), "format": "table" if table else "time_series",
    }


def stat(title: str, expr: str, unit: str = "short", limits: Row | None = None, about: str = "", legend: str = "") -> Row:
    """One large number."""
    options = {
        "colorMode": "background", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "textMode": "auto",
    }
    return _panel("stat", title, [query(expr, legend, now=True)], unit, limits or PLAIN, about, options)


def lines(title: str, *queries: Row, unit: str = "short", about: str = "", least: float | None = 0) -> Row:
    """Values over time. A series whose name begins with "limit" or "target" is a dashed line."""
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    made = _panel("timeseries", title, _numbered(queries), unit, PLAIN, about, options)
    defaults = made["fieldConfig"]["defaults"]
    defaults["color"] = {"mode": "palette-classic"}
    defaults["custom"] = {"drawStyle": "line", "fillOpacity": 8, "lineWidth": 1, "showPoints": "never", "spanNulls": False}
    if least is not None:
        defaults["min"] = least
    dashed = {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 6]}}
    made["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byRegexp", "options": "/^(limit|target)/"},
         "properties": [dashed, {"id": "custom.fillOpacity", "value": 0}]}
    ]
    return made


def bars(title: str, expr: str, legend: str, unit: str, limits: Row, about: str = "", most: float | None = None) -> Row:
    """A bar for each series, now."""
    options = {
        "displayMode": "basic", "orientation": "horizontal", "showUnfilled": True, "valueMode": "color", "minVizHeight": 10,
        "minVizWidth": 0, "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    made = _panel("bargauge", title, [query(expr, legend, now=True)], unit, limits or PLAIN, about, options)
    made["fieldConfig"]["defaults"] |= {"min": 0, **({"max": most} if most is not None else {})}
    return made


def table(title: str, columns: list[tuple[str, str, str]], *, hidden: tuple[str, ...] = (), about: str = "",
          names: dict[str, str] | None = None, link: tuple[str, str] | None = None) -> Row:
    """Rows that share their labels, a column for each of `columns`: heading, query and unit. `names`: headings of labels;
    `hidden`: labels that are not shown; `link`: a label and where a click on it leads."""
    queries = [query(expr, table=True) for _heading, expr, _unit in columns]
    options = {"cellHeight": "sm", "showHeader": True, "footer": {"show": False, "reducer": ["sum"], "fields": ""}}
    made = _panel("table", title, _numbered(queries), "short", PLAIN, about, options)
    values = [f"Value #{one['refId']}" if len(columns) > 1 else "Value" for one in made["targets"]]
    headings = {value: heading for value, (heading, _expr, _unit) in zip(values, columns)}
    made["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": dict.fromkeys(("Time", *hidden), True), "indexByName": {},
                                       "renameByName": {**headings, **(names or {})}}},
    ]
    made["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byName", "options": heading}, "properties": [{"id": "unit", "value": unit}]}
        for heading, _expr, unit in columns
    ]
    if link:
        shown = (names or {}).get(link[0], link[0])
        target = {"id": "links", "value": [{"title": "Look at it", "url": link[1], "targetBlank": False}]}
        made["fieldConfig"]["overrides"].append({"matcher": {"id": "byName", "options": shown}, "properties": [target]})
    return made


def _panel(kind: str, title: str, queries: list[Row], unit: str, limits: Row, about: str, options: Row) -> Row:
    return {
        "type": kind, "title": title, **({"description": about} if about else {}), "datasource": SOURCE, "targets": queries,
        "options": options,
        "fieldConfig": {"defaults": {"unit": unit, "color": {"mode": "thresholds"}, "thresholds": limits}, "overrides": []},
    }


def _numbered(queries: Any) -> list[Row]:
    return [{**one, "refId": chr(ord("A") + number)} for number, one in enumerate(queries)]


def heading(title: str) -> Row:
    """A line across the dashboard."""
    return {"type": "row", "title": title, "collapsed": False, "panels": []}


def placed(rows: list[tuple[int, list[Row]]]) -> list[Row]:
    """Panels side by side in rows of these heights, as wide as there is room."""
    found: list[Row] = []
    top = 0
    for height, panels in rows:
        width = WIDTH // len(panels)
        for number, panel in enumerate(panels):
            grid = {"x": number * width, "y": top, "w": width, "h": height}
            found.append({"id": len(found) + 1, **panel, "gridPos": grid})
        top += height
    return found


def choice(name: str, label: str, values: str, *, hidden: bool = False) -> Row:
    """A variable of the dashboard: one of the values that the metrics know."""
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "query": {"query": values, "refId": name},
        "refresh": 2, "sort": 1, "multi": False, "includeAll": False, "hide": 2 if hidden else 0,
    }


def dashboard(uid: str, title: str, about: str, choices: list[Row], rows: list[tuple[int, list[Row]]]) -> Row:
    """The whole of it. Which Prometheus is asked is chosen in it."""
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1, "hide": 0,
              "multi": False, "includeAll": False}
    links = {"title": "Good Neighbor", "type": "dashboards", "tags": ["good_neighbor"], "asDropdown": False, "icon": "",
             "url": "", "tooltip": "", "includeVars": True, "keepTime": True, "targetBlank": False}
    return {
        "uid": uid, "title": title, "description": about, "tags": ["good_neighbor"], "editable": True, "graphTooltip": 1,
        "schemaVersion": 38, "timezone": "browser", "refresh": "30s", "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, *choices]}, "links": [links], "annotations": {"list": []}, "panels": placed(rows),
    }
