"""For the crisis team: what is open, how far it has gone, who has been told, and how early."""

from drawing import Part, line, number, quantiles

VARIABLES = [("brand", "品牌 · Brand", "label_values(langyan_brand_incidents, brand)")]

_BRAND = 'brand=~"$brand"'

PARTS: list[Part] = [
    (
        "现在 · Now",
        [
            number(
                "未认领的橙红事件 · Orange and red that nobody has",
                ('sum(langyan_incidents{state="open",severity=~"orange|red"})', ""),
                says="已呼叫、无人认领。 · Paged, and nobody has taken it.",
                worry=1,
            ),
            number("进行中 · Open by colour", ("sum by (severity) (langyan_incidents)", "{{severity}}"), coloured=True),
            number("各品牌 · Open by brand", (f"langyan_brand_incidents{{{_BRAND}}}", "{{brand}}")),
            number("各阶段 · Open by state", ("sum by (state) (langyan_incidents)", "{{state}}")),
        ],
    ),
    (
        "声量 · Reach",
        [
            line(
                "转发:现在与预计 · Reposts, now and expected",
                (f"langyan_brand_reposts{{{_BRAND}}}", "{{brand}} 现在"),
                (f"langyan_brand_reposts_expected{{{_BRAND}}}", "{{brand}} 预计"),
                says="未结束事件所示帖子的转发数,与预测中位数。 · Of the posts that open incidents show, beside the forecast's median.",
            ),
            line(
                "提及与负面 · Mentions, and bad ones",
                (f"sum by (brand) (increase(langyan_brand_mentions_total{{{_BRAND}}}[1h]))", "{{brand}}"),
                (
                    f'sum by (brand) (increase(langyan_brand_mentions_total{{{_BRAND},bad="yes"}}[1h]))',
                    "{{brand}} 负面",
                ),
                says="每小时。 · In an hour.",
            ),
            line(
                "负面占比 · Share that is bad",
                (
                    (
                        f'sum by (brand) (increase(langyan_brand_mentions_total{{{_BRAND},bad="yes"}}[24h]))'
                        f" / clamp_min(sum by (brand) (increase(langyan_brand_mentions_total{{{_BRAND}}}[24h])), 1)"
                    ),
                    "{{brand}}",
                ),
                unit="percentunit",
            ),
        ],
    ),
    (
        "事件 · Incidents",
        [
            line(
                "新开 · Opened",
                ("sum by (severity) (increase(langyan_incidents_opened_total[1h]))", "{{severity}}"),
                coloured=True,
            ),
            line(
                "升级 · Raised",
                ("sum by (severity) (increase(langyan_incidents_raised_total[1h]))", "{{severity}}"),
                coloured=True,
            ),
            line("处置 · Steps taken", ("sum by (act) (increase(langyan_incident_steps_total[24h]))", "{{act}}")),
        ],
    ),
    (
        "呼叫 · Pages",
        [
            line(
                "呼叫 · Pages by colour",
                ("sum by (severity) (increase(langyan_pages_total[1h]))", "{{severity}}"),
                coloured=True,
            ),
            number(
                "7 天误报率 · False alarms of 7 days",
                (
                    (
                        'sum(increase(langyan_incident_steps_total{act="false_alarm"}[7d]))'
                        " / clamp_min(sum(increase(langyan_incidents_opened_total[7d])), 1)"
                    ),
                    "",
                ),
                says="按下“误报”的占新开事件的比例。 · Pressed as such, of the incidents that were opened.",
                unit="percentunit",
                worry=0.3,
            ),
            line("重复呼叫 · Pages told again", ("increase(langyan_repeats_total[1h])", "")),
        ],
    ),
    (
        "提前量 · Lead",
        [
            line(
                "呼叫到成灾 · From the page to what hurts",
                *quantiles("langyan_page_lead_seconds", "7d", 0.1, 0.5),
                says="帖子达到伤害线之前团队有多少时间。 · The time people had before the post had what hurts.",
                unit="s",
            ),
            line(
                "发布到呼叫 · Published to paged", *quantiles("langyan_post_to_page_seconds", "7d", 0.5, 0.95), unit="s"
            ),
            line(
                "发布到发现 · Published to seen",
                *quantiles("langyan_detection_latency_seconds", "24h", 0.5, 0.95),
                unit="s",
            ),
        ],
    ),
    (
        "人 · People",
        [
            line(
                "呼叫到认领 · Paged to acknowledged",
                *quantiles("langyan_acknowledge_seconds", "7d", 0.5, 0.95),
                unit="s",
            ),
            line(
                "错过的时限 · Deadlines missed",
                ("sum by (clock) (increase(langyan_deadline_missed_total[24h]))", "{{clock}}"),
                says="发布后 1 h、4 h 回应,24 h 结果。 · An answer within 1 h and 4 h of publication, the outcome within 24 h.",
            ),
        ],
    ),
]
