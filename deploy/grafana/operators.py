"""For operators: whether feeds answer, whether people are told, what waits, what is left."""

from drawing import Part, line, number, quantiles

VARIABLES = [
    ("feed", "来源 · Feed", "label_values(langyan_feed_interval_seconds, feed)"),
    ("receiver", "接收方 · Receiver", "label_values(langyan_outbox_pending, receiver)"),
]

_FEED = 'feed=~"$feed"'
_TO = 'receiver=~"$receiver"'


def _mean(stage: str) -> tuple[str, str]:
    said = f'langyan_stage_duration_seconds_{{part}}{{{{stage="{stage}"}}}}'
    return (f"rate({said.format(part='sum')}[15m]) / rate({said.format(part='count')}[15m])", stage)


PARTS: list[Part] = [
    (
        "现在 · Now",
        [
            number("在跑 · Up for", ("time() - langyan_start_timestamp_seconds", ""), unit="s"),
            number(
                "失联来源 · Feeds without success for three intervals",
                (
                    (
                        "count(time() - langyan_feed_last_success_timestamp_seconds"
                        " > 3 * langyan_feed_interval_seconds + 60) or vector(0)"
                    ),
                    "",
                ),
                says="沉默不是好消息。 · Silence is never good news.",
                worry=1,
            ),
            number("待发送 · Waiting to be told", ("sum(langyan_outbox_pending)", ""), worry=20),
            number(
                "金丝雀 · Since the last canary",
                ("time() - langyan_canary_last_arrival_timestamp_seconds", "{{brand}}"),
                says="house 每分钟一只,每个品牌每小时一只。 · One a minute for the house, one an hour for each brand.",
                unit="s",
                worry=7500,
            ),
        ],
    ),
    (
        "来源 · Feeds",
        [
            line(
                "距上次成功 · Since last success",
                (f"time() - (langyan_feed_last_success_timestamp_seconds{{{_FEED}}} > 0)", "{{feed}}"),
                unit="s",
            ),
            line(
                "轮询结果 · Polls by outcome",
                (
                    f"sum by (feed, outcome) (increase(langyan_feed_polls_total{{{_FEED}}}[15m]))",
                    "{{feed}} {{outcome}}",
                ),
                says="wait 等待即可,act 要有人处理。 · wait mends itself, act asks for somebody.",
            ),
            line(
                "最新帖子距今 · Age of the newest post",
                (f"time() - (langyan_feed_newest_post_timestamp_seconds{{{_FEED}}} > 0)", "{{feed}}"),
                unit="s",
            ),
            line("新帖 · New posts", (f"sum by (feed) (increase(langyan_posts_total{{{_FEED}}}[15m]))", "{{feed}}")),
            line(
                "读不懂的条目 · Items that could not be read",
                (f"sum by (feed) (increase(langyan_items_rejected_total{{{_FEED}}}[1h]))", "{{feed}}"),
            ),
            line("停用的主机 · Hosts left alone", ("langyan_circuit_open", "{{host}}")),
        ],
    ),
    (
        "覆盖 · Coverage",
        [
            line(
                "上一整小时:实到与惯常 · The last whole hour, seen and usual",
                (f"langyan_feed_items_seen{{{_FEED}}}", "{{feed}}"),
                (f"langyan_feed_items_expected{{{_FEED}}}", "{{feed}} 惯常"),
            ),
            line(
                "首尾相接 · Polls hang together",
                (f"langyan_feed_overlap{{{_FEED}}}", "{{feed}}"),
                says="0:两次轮询之间可能漏帖。 · 0: items may have come and gone between two polls.",
            ),
            line(
                "可能漏帖 · What may have been missed",
                ("increase(langyan_feed_window_overruns_total[1h])", "gaps"),
                ("increase(langyan_feed_cap_hits_total[1h])", "walks cut off"),
                ("increase(langyan_feed_blank_pages_total[1h])", "blank pages"),
            ),
            line(
                "看过与不相关 · Looks, and posts of nobody's",
                ("increase(langyan_sightings_total[15m])", "looks"),
                ("increase(langyan_posts_unmatched_total[15m])", "unmatched"),
            ),
            line(
                "丢失的金丝雀 · Canaries lost",
                ("sum by (stage) (increase(langyan_canary_lost_total[1h]))", "{{stage}}"),
            ),
            line(
                "发布到发现 · Published to seen",
                *quantiles("langyan_detection_latency_seconds", "6h", 0.5, 0.95),
                unit="s",
            ),
        ],
    ),
    (
        "配额与凭证 · Budgets and credentials",
        [
            line(
                "配额余量 · Share of the quota left",
                ("langyan_quota_remaining / langyan_quota_limit", "{{account}}"),
                unit="percentunit",
            ),
            line("平台所报余量 · Left as the platform counts", ("langyan_platform_quota_remaining", "{{account}}")),
            number(
                "凭证还有 · Credentials end in",
                ("langyan_credential_expires_timestamp_seconds - time()", "{{account}}"),
                unit="s",
            ),
        ],
    ),
    (
        "队列 · Queues",
        [
            line(
                "等待与跟踪 · Waiting and followed",
                ("langyan_mentions_pending", "pending"),
                ("langyan_posts_tracked", "tracked"),
            ),
            line(
                "打分与判断 · Scored and judged",
                ("sum by (outcome) (increase(langyan_mentions_scored_total[15m]))", "{{outcome}}"),
                ("increase(langyan_mentions_judged_total[15m])", "judged"),
            ),
            line("预测 · Forecasts", ("sum by (outcome) (increase(langyan_forecasts_total[15m]))", "{{outcome}}")),
            line("各步平均耗时 · Mean time of a step", _mean("fetch"), _mean("score"), _mean("judge"), unit="s"),
            line("待发送 · Outbox", (f"langyan_outbox_pending{{{_TO}}}", "{{receiver}}")),
            line(
                "收件箱 · What people did",
                ("sum by (outcome) (increase(langyan_inbox_total[1h]))", "{{outcome}}"),
            ),
        ],
    ),
    (
        "送达 · Telling people",
        [
            line(
                "决定到送达 · Decided to confirmed",
                *quantiles("langyan_page_latency_seconds", "24h", 0.5, 0.99),
                unit="s",
            ),
            line(
                "发送尝试 · Attempts by outcome",
                (
                    f"sum by (receiver, outcome) (increase(langyan_notification_requests_total{{{_TO}}}[15m]))",
                    "{{receiver}} {{outcome}}",
                ),
            ),
            line("已送达 · What was told", ("sum by (kind) (increase(langyan_notifications_total[1h]))", "{{kind}}")),
            line(
                "迟到 · Late",
                (f"langyan_delivery_standing_still{{{_TO}}}", "{{receiver}} stands still"),
                (f"langyan_outbox_oldest_page_timestamp_seconds{{{_TO}}} > bool 0", "{{receiver}} page late"),
                ("langyan_notifications_overdue", "{{kind}} overdue"),
            ),
            line(
                "存疑与替代 · In doubt, and told to others",
                ("sum by (result) (increase(langyan_notifications_reconciled_total[1h]))", "{{result}}"),
                (f"sum by (receiver) (increase(langyan_fallback_total{{{_TO}}}[1h]))", "{{receiver}} fallback"),
            ),
            line(
                "未单独成条 · Without a message of its own",
                ("sum by (reason) (increase(langyan_notifications_suppressed_total[1h]))", "{{reason}}"),
            ),
            line(
                "被要求等待 · Rest that was asked for",
                ("sum by (method) (increase(langyan_ratelimit_wait_seconds_total[15m]))", "{{method}}"),
                unit="s",
            ),
            line(
                "按钮 · Buttons",
                ("langyan_slack_socket_connected", "{{receiver}} heard"),
                ("sum by (why) (increase(langyan_slack_socket_changes_total[1h]))", "socket {{why}}"),
            ),
            line(
                "按下到执行 · Pressed to carried out",
                *quantiles("langyan_press_seconds", "24h", 0.5, 0.99),
                unit="s",
            ),
            number(
                "距上次按键 · Since somebody pressed",
                ("time() - langyan_slack_last_envelope_timestamp_seconds", "{{receiver}}"),
                unit="s",
            ),
        ],
    ),
    (
        "存储 · Store",
        [
            line(
                "数据库 · Database", ("langyan_store_bytes", "used"), ("langyan_store_free_bytes", "free"), unit="bytes"
            ),
            line("写入 · Writes", *quantiles("langyan_store_write_seconds", "15m", 0.5, 0.99, by="lane"), unit="s"),
            line(
                "写入次数 · Transactions",
                ("sum by (lane) (rate(langyan_store_write_seconds_count[5m]))", "{{lane}}"),
                unit="ops",
            ),
        ],
    ),
    (
        "进程 · Process",
        [
            line("内存 · Memory", ('process_resident_memory_bytes{job="langyan"}', "resident"), unit="bytes"),
            line("CPU", ('rate(process_cpu_seconds_total{job="langyan"}[5m])', "cores")),
            line("描述符 · Descriptors", ('process_open_fds{job="langyan"}', "open")),
            line("事件循环延迟 · Loop lag", ("langyan_loop_lag_seconds", ""), unit="s"),
            line(
                "重启与跳钟 · Restarts, jumps, missed jobs",
                ("changes(langyan_start_timestamp_seconds[1h])", "starts"),
                ("increase(langyan_scorer_restarts_total[1h])", "scorer replaced"),
                ("increase(langyan_clock_jumps_total[1h])", "clock jumps"),
                ("sum by (kind) (increase(langyan_scheduler_errors_total[1h]))", "jobs {{kind}}"),
            ),
            line(
                "有所放弃 · Given up, and not in force",
                ("langyan_disk_given_up", "for want of room"),
                ("1 - langyan_config_last_reload_successful", "configuration not in force"),
                says="磁盘:0 无,1 原始应答,2 清理,3 读取来源。 · The disk: 0 nothing, 1 raw answers, 2 letting go, 3 reading feeds.",
            ),
            number("版本 · Version", ("langyan_build_info", "{{version}}")),
        ],
    ),
]
