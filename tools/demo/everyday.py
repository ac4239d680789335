"""Everyday concepts whose words must be whole tokens, and the familiar emoji that are tokens themselves.

A concept is the English word and the emoji that show it. Its word in a locale is taken from CLDR: the emoji's
one-word names, and the words that most of those emoji share there (so "music" is found, which is the name of
no emoji).
"""

EVERYDAY: dict[str, str] = {
    "cat": "🐈 🐱",
    "dog": "🐕 🐶",
    "sun": "☀ 🌞",
    "water": "🌊 🚰 🚿 💧",
    "heart": "❤ 💛 💙 💜",
    "love": "💕 😍 💌 ❤",
    "music": "🎵 🎶 🎼",
    "bird": "🐦 🦜 🦆",
    "fish": "🐟 🐠",
    "tree": "🌳 🌲 🌴",
    "house": "🏠 🏡",
    "book": "📖 📕 📗 📚",
    "fire": "🔥 🚒",
    "moon": "🌙 🌕 🌛",
    "star": "⭐ 🌟",
    "flower": "🌸 🌺 🌼 🌷",
    "bread": "🍞 🥖",
    "milk": "🥛 🍼",
    "king": "👑 🤴 🫅",
    "child": "🧒 👶",
    "girl": "👧",
    "boy": "👦",
    "woman": "👩 👩‍🏫 👩‍🌾",
    "man": "👨 👨‍🏫 👨‍🌾",
    "baby": "👶",
    "eye": "👁 👀",
    "hand": "✋ 👋 🖐",
    "foot": "🦶",
    "nose": "👃",
    "ear": "👂",
    "mouth": "👄",
    "face": "😀 😃 🐱 🐶",
    "school": "🏫 🎒",
    "car": "🚗 🚘 🚙",
    "train": "🚆 🚂 🚄",
    "bus": "🚌 🚍",
    "ship": "🚢",
    "airplane": "✈ 🛩",
    "horse": "🐎 🐴",
    "cow": "🐄 🐮",
    "pig": "🐖 🐷",
    "sheep": "🐑",
    "mouse": "🐁 🐭",
    "rabbit": "🐇 🐰",
    "lion": "🦁",
    "tiger": "🐅 🐯",
    "elephant": "🐘",
    "monkey": "🐒 🐵",
    "snake": "🐍",
    "butterfly": "🦋",
    "chicken": "🐔",
    "egg": "🥚",
    "apple": "🍎 🍏",
    "banana": "🍌",
    "rice": "🍚 🍙",
    "fruit": "🍎 🍌 🍇 🍊",
    "food": "🍞 🍔 🍕",
    "tea": "🍵 🫖",
    "coffee": "☕",
    "salt": "🧂",
    "cake": "🎂 🍰",
    "rain": "🌧 ☔",
    "snow": "❄ ☃ 🌨",
    "cloud": "☁ 🌥",
    "wind": "🌬 💨",
    "mountain": "⛰ 🏔",
    "sea": "🌊 🏖",
    "world": "🌍 🌎 🌏",
    "night": "🌃 🌉",
    "day": "📅 📆",
    "animal": "🐈 🐕 🐎 🐄",
    "plant": "🌱 🌿 🌵",
    "key": "🔑 🗝",
    "door": "🚪",
    "bed": "🛏",
    "chair": "🪑",
    "money": "💰 💵 💶",
    "hospital": "🏥",
    "teacher": "🧑‍🏫",
    "doctor": "🧑‍⚕ 👩‍⚕",
    "telephone": "☎ 📞",
    "guitar": "🎸",
    "ball": "⚽ 🏀",
    "gold": "🥇 🏅",
    "red": "🔴 🟥",
    "blue": "🔵 🟦",
    "green": "🟢 🟩",
    "black": "⚫ ⬛",
    "white": "⚪ ⬜",
    "joy": "😂 😀",
    "smile": "😀 🙂 😊",
}

_FAMILIAR = (
    "😀 😃 😄 😁 😆 😅 🤣 😂 🙂 😉 😊 😇 🥰 😍 😘 😋 😜 🤔 😐 🙄 😴 😷 🤒 😎 🤓 😕 😮 😢 😭 😱 😡 😠 💀 👻 "
    "👽 🤖 💩 😺 😻 🙈 ❤ 💛 💚 💙 💜 💔 💕 💌 💋 💯 💥 💦 💤 👋 ✋ 👌 ✌ 👈 👉 👆 👇 👍 👎 ✊ 👏 🙏 ✍ 💪 "
    "👂 👃 👀 👁 👅 👄 🧠 🦷 🦶 👶 🧒 👦 👧 🧑 👨 👩 👴 👵 🤴 👸 🧑‍🏫 🧑‍🎓 🧑‍🌾 🧑‍🍳 🧑‍🚀 👮 🎅 🧙 🧜 "
    "🐱 🐈 🐶 🐕 🐺 🦊 🦁 🐯 🐅 🐴 🐎 🦄 🐮 🐄 🐷 🐖 🐑 🐐 🐪 🦒 🐘 🐭 🐁 🐹 🐰 🐇 🦇 🐻 🐼 🐔 🐓 🐣 🐦 🐧 "
    "🦅 🦆 🦉 🐸 🐊 🐢 🐍 🐉 🐳 🐋 🐬 🐟 🐠 🦈 🐙 🦀 🐌 🦋 🐜 🐝 🕷 💐 🌸 🌹 🌺 🌻 🌼 🌷 🌱 🌲 🌳 🌴 🌵 🌿 "
    "🍀 🍁 🍂 🍄 🍇 🍉 🍊 🍋 🍌 🍍 🥭 🍎 🍏 🍐 🍑 🍒 🍓 🍅 🥥 🥔 🥕 🌽 🧅 🍞 🥖 🧀 🍖 🍔 🍟 🍕 🥚 🍚 🍙 🍜 "
    "🍦 🎂 🍰 🍫 🍬 🍯 🍼 🥛 ☕ 🍵 🍷 🍺 🍴 🥄 🔪 🌍 🌎 🌏 🗺 ⛰ 🏔 🌋 🏖 🏜 🏠 🏡 🏥 🏦 🏨 🏫 🏭 🏰 ⛪ 🕌 "
    "🕍 ⛺ 🌃 🌅 🚂 🚆 🚌 🚑 🚒 🚕 🚗 🚚 🚜 🚲 ⚓ ⛵ 🚢 ✈ 🚁 🚀 ⌚ ⏰ 🌙 🌕 ☀ 🌞 ⭐ 🌟 ☁ 🌧 ❄ ☃ 🌈 ☂ "
    "⚡ 🔥 💧 🌊 🎃 🎄 🎆 🎈 🎉 🎁 🏆 🥇 ⚽ 🏀 🏈 🎾 🎯 🎮 🎲 ♟ 🎭 🎨 👓 👕 👖 🧦 👗 👟 👑 🎩 💍 💎 🔔 🎵 "
    "🎶 🎤 📻 🎸 🎹 🎻 🥁 📱 ☎ 💻 🖨 📷 📺 🔍 🕯 💡 📕 📖 📚 📰 💰 💵 ✉ 📦 ✏ 📅 📎 ✂ 🔒 🔑 🔨 ⚙ ⚖ 🔗 "
    "🧪 🔬 🔭 💉 💊 🚪 🛏 🪑 🚿 🧼 🚬 ♻ ✅ ❌ ❓ ❗ 🔴 🔵 🟢 ⚫ ⚪ 🏁"
)
EMOJI = _FAMILIAR.split()
