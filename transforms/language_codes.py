"""The codes that a document's language can have, without loading what tells languages apart."""

CODES = frozenset(
    "ace af ar ban bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja jv kn ko lt lv min mk ml mr ms ne "
    "nl no pa pl pt ro ru sk sl so sq su sv sw ta te th tl tr uk und ur vi zh-CN zh-TW".split()
)
"""BCP 47; ``und`` for texts without a language to speak of."""
