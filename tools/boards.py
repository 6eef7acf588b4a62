"""The dashboards: what each shows of the metrics that docs/dashboards.md explains."""

from __future__ import annotations

from panels import (
    NONE_IS_GOOD,
    ONE_IS_GOOD,
    Row,
    bars,
    choice,
    dashboard,
    heading,
    lines,
    query,
    stat,
    steps,
    table,
    up_to,
)

DAY, HOUR = 86400.0, 3600.0
ON, OF, IN = 'server="$server"', 'server="$server",service="$service"', 'server="$server",datname="$database"'
SERVER = choice("server", "Server", "label_values(good_neighbor_watch_timestamp_seconds, server)")
SERVICE = choice("service", "Service", f"label_values(good_neighbor_service_info{{{ON}}}, service)")
DATABASE = choice("database", "Database", f"label_values(good_neighbor_service_info{{{OF}}}, database)", hidden=True)
SERVICE_ALONE = "/d/gn-service?var-server=${server}&var-service=${__value.text}"
STANDING = 'state!~"excepted|remedied"'
REAL_DISK = 'fstype!~"tmpfs|ramfs|squashfs"'
BACKUP = "good_neighbor_backup_last_success_timestamp_seconds"
OFFSITE = "good_neighbor_backup_offsite_last_success_timestamp_seconds"
DRILL = "good_neighbor_drill_last_success_timestamp_seconds"
BACKUP_LATE, DRILL_LATE = up_to(26 * HOUR), up_to(8 * DAY)


def violations(labels: str) -> str:
    """Those that stand, summed."""
    return f"sum(good_neighbor_violations{{{labels},{STANDING}}}) or vector(0)"


def age(metric: str, labels: str) -> str:
    """How long ago that was, by service."""
    return f"time() - max by (service) ({metric}{{{labels}}})"


def each(metric: str, labels: str, how: str = "max") -> str:
    """One value for each service."""
    return f"{how} by (service) ({metric}{{{labels}}})"


def per_second(metric: str, labels: str) -> str:
    """How fast that grows."""
    return f"sum(rate({metric}{{{labels}}}[$__rate_interval]))"


def mean(labels: str) -> str:
    """How long statements take on average, by service."""
    seconds, calls = (
        f"sum by (service) (rate(good_neighbor_statements_{what}{{{labels}}}[$__rate_interval]))"
        for what in ("seconds", "calls")
    )
    return f"{seconds} / ({calls} > 0)"


def overview() -> Row:
    """The matrix, and what is so."""
    rows = [(4, _state_of_the_server()), (9, [_matrix()]), (9, _alerts_and_limits()), (8, _services_over_time())]
    rows += [(1, [heading("The host")]), (8, _host())]
    return dashboard("gn-overview", "Good Neighbor: allocation matrix", "All services of one server.", [SERVER], rows)


def _state_of_the_server() -> list[Row]:
    used = f"sum(pg_stat_activity_count{{{ON}}}) / max(pg_settings_max_connections{{{ON}}})"
    firing = f'count(ALERTS{{{ON},alertstate="firing"}}) or vector(0)'
    return [
        stat("Server", f"min(pg_up{{{ON}}})", limits=ONE_IS_GOOD, about="1: PostgreSQL answers its exporter."),
        stat("Alerts", firing, limits=NONE_IS_GOOD),
        stat("Violations that stand", violations(ON), limits=NONE_IS_GOOD),
        stat("Connections", used, "percentunit", up_to(1), "Of all that the server takes."),
        stat("Oldest backup", f"time() - min({BACKUP}{{{ON}}})", "s", BACKUP_LATE),
        stat("Oldest drill", f"time() - min({DRILL}{{{ON}}})", "s", DRILL_LATE),
    ]


def _matrix() -> Row:
    by_database = f'label_replace(pg_database_size_bytes{{{ON}}}, "database", "$1", "datname", "(.*)")'
    told = "service, title, database, owner, status, backup"
    columns = [
        ("", f"max by ({told}) (good_neighbor_service_info{{{ON}}})", "short"),
        ("connections", each("good_neighbor_connections", ON, "sum"), "short"),
        ("limit", each("good_neighbor_connection_limit", ON, "sum"), "short"),
        ("mean", mean(ON), "s"),
        ("target", each("good_neighbor_latency_target_seconds", ON), "s"),
        ("size", f"sum by (service) ({by_database} * on (database) group_left (service) good_neighbor_service_info{{{ON}}})",
         "bytes"),
        ("backup age", age(BACKUP, ON), "s"),
        ("drill age", age(DRILL, ON), "s"),
        ("violations", each("good_neighbor_violations", f"{ON},{STANDING}", "sum"), "short"),
    ]
    about = "What the matrix says, and beside it what is so. A click on a service shows it alone."
    return table("Allocation matrix", columns, hidden=("Value #A",), about=about, link=("service", SERVICE_ALONE))


def _alerts_and_limits() -> list[Row]:
    hidden = ("Value", "__name__", "alertstate", "server", "instance", "job", "database")
    share = f"good_neighbor_connections{{{ON}}} / good_neighbor_connection_limit{{{ON}}}"
    return [
        table("Alerts that fire", [("", f'ALERTS{{{ON},alertstate="firing"}}', "short")], hidden=hidden,
              about="docs/alerts.md says what to do."),
        bars("Connections of each login, of its limit", share, "{{role}}", "percentunit", up_to(1), most=1),
    ]


def _services_over_time() -> list[Row]:
    sizes = f'pg_database_size_bytes{{{ON},datname!~"template.*|postgres"}}'
    return [
        lines("Connections by service", query(each("good_neighbor_connections", ON, "sum"), "{{service}}")),
        lines("Mean of statements", query(mean(ON), "{{service}}"), unit="s"),
        lines("Sizes", query(sizes, "{{datname}}"), unit="bytes"),
    ]


def _host() -> list[Row]:
    free = f"node_filesystem_avail_bytes{{{ON},{REAL_DISK}}} / node_filesystem_size_bytes{{{ON},{REAL_DISK}}}"
    busy = f'1 - avg(rate(node_cpu_seconds_total{{{ON},mode="idle"}}[$__rate_interval]))'
    memory = [("MemAvailable", "to be had"), ("MemTotal", "limit: all")]
    return [
        lines("Free on each file system", query(free, "{{mountpoint}}"), unit="percentunit"),
        lines("Memory", *(query(f"node_memory_{what}_bytes{{{ON}}}", told) for what, told in memory), unit="bytes"),
        lines("Processors at work", query(busy, "at work"), unit="percentunit"),
        lines("WAL that slots hold back", query(f"good_neighbor_slot_bytes{{{ON}}}", "{{slot}}"), unit="bytes"),
    ]


def service() -> Row:
    """One service."""
    rows = [(4, _state_of_the_service()), (8, _limits_over_time()), (8, _work_over_time())]
    rows += [(9, [_tables()]), (7, _backups())]
    about = "Its limit, target, sessions, tables and backups."
    return dashboard("gn-service", "Good Neighbor: one service", about, [SERVER, SERVICE, DATABASE], rows)


def _state_of_the_service() -> list[Row]:
    used = f"max(good_neighbor_connections{{{OF}}} / good_neighbor_connection_limit{{{OF}}})"
    share = f"{mean(OF)} / {each('good_neighbor_latency_target_seconds', OF)}"
    waits = steps((None, "green"), (5, "yellow"), (30, "red"))
    return [
        stat("Connections", used, "percentunit", up_to(1), "Of the login that is nearest to its limit."),
        stat("Waits for a lock", f"max(good_neighbor_blocked_seconds{{{OF}}})", "s", waits),
        stat("Mean of target", share, "percentunit", up_to(1)),
        stat("Violations that stand", violations(OF), limits=NONE_IS_GOOD),
        stat("Last backup", age(BACKUP, OF), "s", BACKUP_LATE),
        stat("Last drill", age(DRILL, OF), "s", DRILL_LATE),
    ]


def _limits_over_time() -> list[Row]:
    target = query(f"max(good_neighbor_latency_target_seconds{{{OF}}})", "target")
    longest = [("blocked", "waits for a lock"), ("idle_in_transaction", "idle in a transaction"), ("statement", "statement")]
    return [
        lines("Connections", query(f"good_neighbor_connections{{{OF}}}", "{{role}}"),
              query(f"good_neighbor_connection_limit{{{OF}}}", "limit of {{role}}")),
        lines("Mean of statements", query(mean(OF), "mean"), target, unit="s"),
        lines("Longest", *(query(f"max(good_neighbor_{what}_seconds{{{OF}}})", told) for what, told in longest), unit="s"),
    ]


def _work_over_time() -> list[Row]:
    hit, read = per_second("pg_stat_database_blks_hit", IN), per_second("pg_stat_database_blks_read", IN)
    ends = [("xact_commit", "committed"), ("xact_rollback", "rolled back"), ("deadlocks", "deadlocks")]
    return [
        lines("Statements in a second", query(per_second("good_neighbor_statements_calls", OF), "all"),
              query(per_second("good_neighbor_slow_calls", OF), "over 100 ms")),
        lines("Transactions in a second", *(query(per_second(f"pg_stat_database_{what}", IN), told) for what, told in ends)),
        lines("Read from memory", query(f"{hit} / ({hit} + {read} > 0)", "share"), unit="percentunit"),
        lines("Size", query(f"max(pg_database_size_bytes{{{IN}}})", "database"),
              query(f"sum(good_neighbor_table_index_bytes{{{IN}}})", "indexes"), unit="bytes"),
    ]


def _tables() -> Row:
    size, live, dead, whole, index, vacuumed = (
        f"sum by (schemaname, relname) (good_neighbor_table_{what}{{{IN}}})"
        for what in ("size_bytes", "live_rows", "dead_rows", "sequential_scans", "index_scans",
                     "last_vacuum_timestamp_seconds")
    )
    largest = f" and on (schemaname, relname) topk(10, {size})"
    columns = [
        ("size", f"topk(10, {size})", "bytes"),
        ("rows", live + largest, "short"),
        ("dead", f"({dead} / ({live} + {dead} > 0)){largest}", "percentunit"),
        ("read whole", whole + largest, "short"),
        ("read by an index", index + largest, "short"),
        ("vacuumed", f"({vacuumed} * 1000 > 0){largest}", "dateTimeFromNow"),
    ]
    about = "dead: rows that VACUUM has yet to clear away, of all. Many of them are bloat to come."
    return table("Ten largest tables", columns, names={"schemaname": "schema", "relname": "table"}, about=about)


def _backups() -> list[Row]:
    return [
        lines("Size of backups", query(f"good_neighbor_backup_size_bytes{{{OF}}}", "backup"), unit="bytes"),
        lines("How long backups and drills took", query(f"good_neighbor_backup_duration_seconds{{{OF}}}", "backup"),
              query(f"good_neighbor_drill_duration_seconds{{{OF}}}", "drill"), unit="s"),
    ]


def compliance() -> Row:
    """The policy itself."""
    by_place = f"sum by (rule, severity, service, state) (good_neighbor_violations{{{ON}}})"
    kinds = [
        lines(f"By {kind}", query(f"sum by ({kind}) (good_neighbor_violations{{{ON},{STANDING}}})", f"{{{{{kind}}}}}"))
        for kind in ("severity", "service")
    ]
    trust = [("Oldest transaction", "transaction_age", "transactions"),
             ("Pages with a wrong checksum", "checksum_failures", "pages"),
             ("Settings that wait for a restart", "pending_restart", "settings")]
    about = "docs/rules says what each means and what ends it."
    return dashboard("gn-compliance", "Good Neighbor: compliance", "Whether the server is as the matrix says.", [SERVER], [
        (4, _state_of_the_policy()),
        (10, [table("Violations", [("places", by_place, "short")], about=about)]),
        (8, kinds),
        (8, [_backups_and_drills()]),
        (8, [lines(title, query(f"max(good_neighbor_{what}{{{ON}}})", told)) for title, what, told in trust]),
    ])


def _state_of_the_policy() -> list[Row]:
    accepted = f'sum(good_neighbor_violations{{{ON},state="excepted"}}) or vector(0)'
    return [
        stat("Compliant", f"min(good_neighbor_compliant{{{ON}}})", limits=ONE_IS_GOOD,
             about="1: nothing of severity medium or above stands."),
        stat("Critical", violations(f'{ON},severity="critical"'), limits=NONE_IS_GOOD),
        stat("All that stand", violations(ON), limits=NONE_IS_GOOD),
        stat("Accepted", accepted, about="With a reason, in the matrix."),
        stat("Last compared", f"time() - max(good_neighbor_check_timestamp_seconds{{{ON}}})", "s", up_to(HOUR)),
        stat("Rules not judged", f"max(good_neighbor_unchecked{{{ON}}})",
             about="They need the secrets of the matrix: the playbook audit judges them."),
    ]


def _backups_and_drills() -> Row:
    return table("Backups and drills", [
        ("backup is good", each("good_neighbor_backup_success", ON), "bool_yes_no"),
        ("backup age", age(BACKUP, ON), "s"),
        ("age elsewhere", age(OFFSITE, ON), "s"),
        ("backups", each("good_neighbor_backup_count", ON), "short"),
        ("drill is good", each("good_neighbor_drill_success", ON), "bool_yes_no"),
        ("drill age", age(DRILL, ON), "s"),
    ])
