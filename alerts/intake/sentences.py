"""The sentences that are said back, in Chinese and in English. Pure."""

from collections.abc import Mapping

from monitor.model import Act, IncidentState

REASONS: Mapping[str, tuple[str, str]] = {
    "not_about_us": ("说的不是我们", "not about us"),
    "not_bad": ("不是负面", "not bad for us"),
    "stayed_small": ("没有传开", "it stayed small"),
    "known": ("已经知道", "known already"),
    "advert": ("广告、抽奖或粉丝", "an advert, a raffle or fans"),
}
"""Why something was a false alarm: code, and its words."""

STATES: Mapping[IncidentState, tuple[str, str]] = {
    IncidentState.DETECTED: ("已发现", "seen"),
    IncidentState.TRIAGE: ("待研判", "in triage"),
    IncidentState.OPEN: ("待认领", "nobody has it"),
    IncidentState.ACKNOWLEDGED: ("已认领", "acknowledged"),
    IncidentState.RESPONDING: ("应对中", "responding"),
    IncidentState.RESOLVED: ("已解决", "resolved"),
    IncidentState.FOLLOW_UP: ("待回访", "being followed up"),
    IncidentState.REVIEWED: ("已复盘", "reviewed"),
    IncidentState.FALSE_ALARM: ("误报", "a false alarm"),
    IncidentState.DORMANT: ("已沉寂", "dormant"),
    IncidentState.MERGED: ("已并入另一事件", "merged into another"),
}

DONE: Mapping[Act, tuple[str, str]] = {
    Act.ACKNOWLEDGE: ("#{n} 已由你认领。", "#{n} is yours."),
    Act.RELEASE: ("#{n} 已放回待认领，会再叫人。", "#{n} is free again and pages again."),
    Act.REASSIGN: ("#{n} 已转给 {to}。", "#{n} is with {to} now."),
    Act.RESPOND: ("#{n} 已开始应对。", "#{n}: responding."),
    Act.RESOLVE: ("#{n} 已解决。点错了？10 分钟内可以撤销。", "#{n} is resolved. By mistake? It can be undone for 10 minutes."),
    Act.FALSE_ALARM: (
        "#{n} 已记为误报，10 分钟内可以撤销。为什么是误报？",
        "#{n} is a false alarm; it can be undone for 10 minutes. Why was it one?",
    ),
    Act.UNDO: ("#{n} 已撤销，恢复原状。", "#{n} stands as it stood."),
    Act.SNOOZE: (
        "#{n} 到 {until} 之前不再叫人；它一加速就照叫。",
        "#{n} wakes nobody before {until}, unless it gathers speed.",
    ),
    Act.MERGE: ("#{n} 已并入 #{into}。", "#{n} is part of #{into} now."),
    Act.SPLIT: ("从 #{n} 分出了 #{to}。", "#{to} was split off #{n}."),
}  # fmt: skip

SAID: Mapping[str, tuple[str, str]] = {
    "taken": ("#{n} 已经由 {owner} 认领了。", "{owner} has #{n} already."),
    "already_yours": ("#{n} 本来就在你手上。", "#{n} is yours already."),
    "already_theirs": ("#{n} 已经在 {owner} 手上。", "{owner} has #{n} already."),
    "nobody_has_it": ("#{n} 还没有人认领。", "nobody has #{n}."),
    "responding_already": ("#{n} 已经有人在应对。", "#{n} is being responded to already."),
    "ended": ("#{n} 已经是「{state}」，没有改动。", "#{n} is {state}; nothing was changed."),
    "quiet_already": ("#{n} 本来就不会叫人。", "#{n} wakes nobody as it is."),
    "in_the_past": ("这个时间已经过了。", "that time has passed."),
    "nothing_to_undo": ("#{n} 没有可以撤销的。", "there is nothing to undo about #{n}."),
    "too_late": ("#{n}：超过 {minutes} 分钟，不能撤销了。", "#{n}: it is too late to undo, after {minutes} minutes."),
    "not_resolved": ("#{n} 还没有解决。", "#{n} is not resolved."),
    "itself": ("不能并入自己。", "it cannot join itself."),
    "other_brand": ("那是另一个品牌（{brand}）的事件。", "that one is about another brand ({brand})."),
    "nothing_left": ("至少要留下一帖。", "at least one post has to stay."),
    "not_in_it": ("这些帖子已经不在 #{n} 里了。", "these posts are no longer in #{n}."),
    "overtaken": (
        "这次点按到得晚，你后来点的已经生效，所以没有改动。",
        "this press came late; what you pressed after it counts.",
    ),
    "not_allowed": ("你不在可以操作的名单里。请找值班的同事。", "you are not on the list of those who may do this."),
    "no_incident": ("没有 #{n} 这个事件。", "there is no incident #{n}."),
    "no_others": ("没有别的事件可以并入。", "there is no other incident to join."),
    "one_post": ("#{n} 只有一帖，不用拆。", "#{n} is a single post."),
    "exported": ("#{n} 的证据在服务器上：{path}（未遮盖，请勿转发；命令行：langyan export {n}）", "The evidence of #{n} is on the server: {path} (unmasked, do not pass it on; on the command line: langyan export {n})"),
    "aside": ("刚才的操作没有做成，已经告诉运维。请再点一次，或用 /langyan。", "that did not work and operators were told; press again, or use /langyan."),
    "thanks": ("记下了，谢谢。", "noted, thank you."),
    "unknown_command": ("看不懂「{said}」。/langyan help 里有写法。", "“{said}” is no command; see /langyan help."),
    "needs_number": ("哪个事件？例如 /langyan {verb} 7", "which incident? For example /langyan {verb} 7"),
    "needs_expiry": ("静默到什么时候？例如 /langyan silence {number} 2h，最长 24 小时。", "until when? For example /langyan silence {number} 2h, 24 hours at most."),
    "too_long": ("静默最长 {hours} 小时。", "a silence lasts {hours} hours at most."),
    "needs_link": ("请带上链接，例如 /langyan track https://weibo.com/… 赞 1200 评 300", "a link is missing: /langyan track https://weibo.com/… 赞 1200 评 300"),
    "odd_link": ("这不像一条帖子的链接：{said}", "this does not look like a post's link: {said}"),
    "odd_count": ("看不懂「{said}」这个数。", "“{said}” is no count."),
    "needs_what": ('发生了什么？例如 /langyan open "门店有人晕倒" {brand}', 'what happened? For example /langyan open "somebody fainted" {brand}'),
    "needs_brand": ("哪个品牌？写上：{brands}", "which brand? Name one of: {brands}"),
    "not_understood": ("看不懂「{said}」。品牌有：{brands}", "“{said}” is not understood. The brands are: {brands}"),
    "odd_span": ("看不懂「{said}」；写 7d、2w 或 12h，最长一年。", "“{said}” is no span of time; write 7d, 2w or 12h, a year at most."),
    "odd_query": ("这个词写得不对：{why}", "this word cannot be read: {why}"),
    "word_dropped": ("已去掉。", "taken away."),
    "word_gone": ("这个词已经不在了。", "that word is gone already."),
}  # fmt: skip

HELP = (
    ("/langyan list　进行中的事件\n"
    "/langyan show 7　一个事件\n"
    "/langyan track 链接 赞 1200 评 300 转 80　跟踪别人转来的帖子\n"
    '/langyan open "发生了什么" 品牌　没有帖子的事\n'
    "/langyan watch 品牌 词 7d　多看一个词；不写词就列出已加的\n"
    "/langyan except 品牌 词　排除一个词\n"
    "/langyan ack 7 · false 7 · respond 7 · resolve 7 · undo 7 · release 7\n"
    "/langyan silence 7 2h 原因　静默，最长 24 小时\n"
    "/langyan status　运行情况\n"
    "在事件的消息串里回复「认领」「误报」也算。"),
    ("/langyan list — what is going on\n"
    "/langyan show 7 — one incident\n"
    "/langyan track LINK likes 1200 comments 300 — follow a post that somebody forwarded\n"
    '/langyan open "what happened" BRAND — something without a post\n'
    "/langyan watch BRAND word 7d — one more word; without a word, those there are\n"
    "/langyan except BRAND word — leave a word out\n"
    "/langyan ack 7 · false 7 · respond 7 · resolve 7 · undo 7 · release 7\n"
    "/langyan silence 7 2h reason — quiet, 24 hours at most\n"
    "/langyan status — how it runs\n"
    "Replying ack or 认领 in an incident's thread counts too."),
)  # fmt: skip
