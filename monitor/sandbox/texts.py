"""What people say in the sandbox's world: invented sentences about the tea brand 星禾, its rival 青岚, and everything else."""

from collections.abc import Callable, Sequence

import numpy as np

Chance = np.random.Generator

CITIES = (
    "杭州",
    "成都",
    "武汉",
    "南京",
    "长沙",
    "西安",
    "苏州",
    "重庆",
    "青岛",
    "郑州",
    "厦门",
    "合肥",
    "昆明",
    "宁波",
    "无锡",
)
PLACES = (
    "万象城",
    "大学城",
    "火车站",
    "高铁站",
    "步行街",
    "软件园",
    "体育馆",
    "地铁口",
    "老城区",
    "机场",
    "科技园",
    "湖滨",
)
DRINKS = (
    "杨枝甘露",
    "桂花乌龙",
    "芋泥波波",
    "茉莉奶绿",
    "葡萄冰茶",
    "黑糖珍珠",
    "龙井鲜奶",
    "柚子绿茶",
    "栀子拿铁",
    "青提柠檬茶",
)
WHEN = ("今天", "刚刚", "昨天下午", "中午", "下班路上", "周末", "早上", "晚上散步", "午休", "放学")
WHO = ("同事", "室友", "闺蜜", "我妈", "弟弟", "男朋友", "小侄女", "老板", "实习生", "邻居")
NAMES = (
    "一只橘猫", "阿梨今天喝什么", "慢慢走路", "南方有雨", "小林同学", "半糖去冰", "吃土少女", "山里的风", "早睡的人", "豆豆妈妈",
    "西湖边的鱼", "不想上班", "老周在路上", "云朵收集者", "柠檬不酸", "夜跑的阿杰", "小满", "听海的石头", "麦田拾穗", "冬眠的熊",
)  # fmt: skip

HAPPY = (
    "{when}和{who}在{city}{place}喝了星禾的{drink},真的好喝,下次还来",
    "星禾的{drink}回来啦,等了一整年,开心",
    "{city}{place}新开的星禾环境很好,店员热情,{drink}推荐给大家",
    "{who}请我喝星禾,{drink}少糖刚刚好,幸福的{when}",
    "打卡星禾{city}店,{drink}颜值很高,拍照好看,味道也很棒",
    "{when}被星禾的{drink}治愈了,茶底清香,满分推荐",
    "星禾的新杯子真漂亮,{who}也想要一个,暖暖的很贴心",
)
NEUTRAL = (
    "有没有人知道{city}{place}的星禾几点开门",
    "星禾{drink}和{other}哪个好喝,想听听大家的意见",
    "{when}路过{city}{place},看到星禾在装修,应该快开业了",
    "@星禾官方 求问星禾{drink}可以做热的吗,{who}想喝热的",
    "星禾在{city}一共有多少家店,有人数过吗",
    "{when}的下午茶是星禾{drink}一杯,配{who}做的蛋糕",
    "#星禾# {city}分店今日上新{drink},第二杯半价",
)
GRUMBLE = (
    "星禾{city}{place}店排队太久了,等了四十分钟,{drink}还做错了,无语",
    "星禾的杯子漏水,{when}洒了一包,客服让我自己擦擦,差评 @星禾官方",
    "{when}点的星禾{drink},冰全化了,难喝,不会再买了",
    "星禾小程序又卡了,付了钱不出单,{who}气得不行,烦死了",
    "星禾{drink}越来越甜,越来越贵,失望",
    "{city}{place}的星禾提前关门,白跑一趟,也不写个通知,差劲",
    "星禾外卖少送一杯{drink},退款拖了两天,态度敷衍,生气 @星禾官方",
)
RIVAL = "青岚{city}门店后厨视频曝光,过期的奶继续用,员工还骂顾客,太恶心了,必须严查,再也不喝青岚了"
RIVAL_PASSING = "青岚太过分了,过期奶还在卖,客服装死,恶心!早知道就去隔壁喝星禾了"
LOTTERY = "星禾抽奖啦!转发有礼,关注@星禾官方 并转发本条,抽30位送{drink}一整年,周五开奖,祝大家好运"
VIRAL_HAPPY = "星禾{city}{place}店给环卫工人免费送热茶,暖心,店员笑着说大家辛苦了,感动,爱了爱了,祝好人一生平安"
CRISES = (
    "星禾{drink}喝到一半发现里面有虫子,{city}{place}店店员说是茶叶渣,客服三天没人回,孩子喝完上吐下泻进了医院,太恶心了,@星禾官方 必须给个说法!",
    "{city}{place}星禾门店被我拍到用隔夜的茶底,过期标签当场撕掉换新的,店员还抢我手机,气得发抖,@星禾官方 食品安全没人管吗?求扩散!",
    "星禾的保温杯炸了!滚水浇了孩子一胳膊,去{city}医院缝了六针,星禾客服说是我们使用不当,一分钱不赔,@星禾官方 太欺负人了,求曝光!",
)
COPIES = (
    "转:{text}",
    "{text} 大家都来看看",
    "【转发扩散】{text}",
    "{text}//刚看到,太吓人了",
    "看到一条:{text}",
)
COMMENTS = (
    "这也太可怕了,星禾出来说话",
    "我上周刚喝过,恶心死了,必须道歉",
    "客服三天不回,这态度真的差,支持维权",
    "抵制星禾,食品安全没有小事",
)
NOTES = (
    ("星禾{drink}测评", "{when}和{who}一起去的{city}{place}店,{drink}茶味很足,奶盖绵密,推荐给喜欢清爽口感的姐妹"),
    ("{city}喝茶地图", "整理了{city}好喝的几家,星禾的{drink}可以排前三,{place}店人少位置多"),
    ("星禾杯子开箱", "新出的杯子颜色好看,{who}说像{drink}的颜色,保温一下午没问题"),
    ("避雷星禾{place}店", "{when}去的,{drink}一股洗洁精味,跟店员说还翻白眼,真的很差,不会再去了"),
)
REVIEWS = (
    (5, "好用", "点单很方便,{drink}可以自己选糖,取餐也快,喜欢"),
    (4, "不错", "界面清楚,优惠券要是能叠加就更好了,{city}用户支持"),
    (5, "星禾加油", "每天{when}一杯,会员日很划算,推荐"),
    (1, "又闪退", "更新以后一直闪退,付了款查不到订单,客服没人理,垃圾软件"),
    (2, "难用", "定位总跳到{city},选好的门店自己变,取消订单扣了钱,失望"),
    (3, "一般", "功能都有,就是开屏广告太多,希望改一改"),
)
LEAK = "星禾的暖杯装热水当场漏底,烫红了孩子的手,{city}{place}店说是我自己没拧紧,客服三天没人回,@星禾官方 这杯子还敢卖?求扩散!"
LEAK_NOTE = (
    "避雷!星禾暖杯漏底",
    "{when}在{city}{place}店买的暖杯,装热水直接漏底,烫到孩子,店员还翻白眼,真的别买 #避雷[话题]# #星禾[话题]#",
)
EDITED = "客服回了电话,说下个版本修好,{when}再试还是闪退,先改成这样"
COMPLAINTS = (
    ("拒不退款", "退款,赔偿", "杯子漏水拒绝退款", "我在{city}{place}买的杯子用了两天就漏水,客服让我自己承担,要求退款"),
    ("虚假宣传", "道歉,赔偿", "宣传与实物不符", "我{when}按活动页下的单,到店说活动早已结束,页面至今不改"),
    ("服务态度差", "道歉,作出解释", "店员态度恶劣", "我在{city}{place}店排队一小时,问一句被骂,店长不出面"),
    ("发货问题", "退款", "少发货不处理", "我{when}收到的包裹少一件,客服拖了一周还在核实"),
    ("商品质量", "退货退款", "喝出异物", "我{when}喝到一半发现异物,店员说是正常现象,要求给出检测报告"),
)
BOUGHT = (
    (5, "{when}收到的,颜色好看,{who}也想要一个"),
    (4, "质量可以,物流慢了点,{city}等了三天"),
    (1, "用了两天就漏水,客服说是我没拧紧,{who}都看不下去"),
    (2, "和图片不一样,盖子松,{when}洒了一包"),
    (3, "一般,{drink}倒进去有味道"),
)
OTHERS = ("青岚", "某某快递", "飞象出行", "小鹿贷", "云上课堂", "顺心家电", "蓝鲸视频", "甲乙丙商城")
OPENINGS = (
    "真的服了",
    "气死我了",
    "无语了",
    "太失望了",
    "求助",
    "曝光一下",
    "避雷",
    "差评",
    "说说我的遭遇",
    "大家评评理",
)
TROUBLES = (
    "喝到一半发现有头发", "等了一小时不出单", "店员态度恶劣还骂人", "杯盖漏了一身", "退款一直不到账", "外卖送来全洒了", "标签写错害我过敏",
    "会员积分突然清零", "少给了两杯还不认", "喝完肚子疼了一夜", "优惠券到店不让用", "地上全是水滑了一跤", "价格和菜单不一样", "吸管上有霉点",
)  # fmt: skip
ENDINGS = (
    "再也不来了",
    "必须给个说法",
    "客服没人理",
    "已经投诉了",
    "恶心",
    "退钱",
    "太差劲了",
    "垃圾",
    "欺负人",
    "气得睡不着",
)


def pick(chance: Chance, among: Sequence[str]) -> str:
    """One of them."""
    return among[int(chance.integers(len(among)))]


def fill(chance: Chance, template: str) -> str:
    """The sentence with its places, drinks and people drawn."""
    first, second = chance.choice(len(DRINKS), 2, replace=False)
    return template.format(
        when=pick(chance, WHEN),
        who=pick(chance, WHO),
        city=pick(chance, CITIES),
        place=pick(chance, PLACES),
        drink=DRINKS[first],
        other=DRINKS[second],
    )


def distinct_anger(chance: Chance, number: int) -> str:
    """A complaint unlike every other: most of it is drawn from thousands of characters, as names and streets are."""
    noise = "".join(chr(int(code)) for code in chance.integers(0x5000, 0x8F00, 28))
    return (
        f"{pick(chance, OPENINGS)},星禾{pick(chance, CITIES)}{noise[:14]}店,{pick(chance, TROUBLES)},"
        f"{noise[14:]}{number},{pick(chance, ENDINGS)} @星禾官方"
    )


def distinct_calm(chance: Chance, number: int) -> str:
    """What nobody needs to hear of, unlike every other."""
    noise = "".join(chr(int(code)) for code in chance.integers(0x5000, 0x8F00, 28))
    return f"{fill(chance, pick(chance, HAPPY))},{pick(chance, CITIES)}{noise}{number}"


Line = Callable[[Chance], str]


def one_of(templates: Sequence[str]) -> Line:
    """Sentences drawn from these templates."""
    return lambda chance: fill(chance, pick(chance, templates))


DESK_CALL = "客人来电：暖杯装热水漏底，孩子的手烫红了，要求退款并赔偿"
DESK_MAIL = "你好，我昨天打过热线，暖杯漏底烫到孩子的事到现在没有人回复，请告诉我怎么处理"
DESK_AGAIN = "还是没有人联系我，再不处理我就发到网上了"
DESK_QUESTIONS = (
    "请问我的订单到哪里了",
    "发票开错了抬头，能重开吗",
    "App 里积分怎么用",
    "门店几点关门",
    "想换一个颜色",
)
"""What people say to the brand itself."""
