"""Words that tell what stands beside them: offices and forms of address before a name, units behind a number."""

from __future__ import annotations

_HONORIFICS = (
    "presiden wapres wakil menteri menko menkeu mendagri menlu menhan gubernur bupati wali walikota ketua direktur "
    "dirut ceo kepala analis ekonom pengamat prof profesor dr gus kh kiai ustaz ustadz romo haji jenderal kombes "
    "kombespol akbp kompol ipda iptu akp brigjen irjen letjen mayjen kapolres kapolda sekretaris sekjen komisaris "
    "anggota juru jubir pelatih kapten aktor aktris penyanyi manajer bos pendiri koordinator deputi panglima kasat "
    "kabid humas camat lurah kades rektor dekan ketum waketum sekda plt pj kadis kapolsek kajari kajati dandim danrem "
    "pangdam hakim jaksa letkol kolonel aiptu ustazah habib "
    "datuk dato dato’ dato' datin encik cikgu jurulatih pengarah pengerusi timbalan superintendan asp dsp setiausaha "
    "mr mrs president vice minister secretary senator governor mayor councillor chief chairman chairwoman director "
    "manager coach judge superintendent inspector sergeant professor "
    "sutradara produser komedian pedangdut vokalis gitaris pakar dinas badan kementerian "
    "polres polda polsek kejaksaan pengadilan universitas smp sma smk mohd tuan puan penolong jurucakap "
    "engineer analyst economist spokesman spokeswoman spokesperson captain commander detective deputy attorney"
)
HONORIFICS = frozenset(_HONORIFICS.split())
"""Words that a name follows, a person's or an institution's: a headline seldom ends after one, a paragraph often begins
with one."""
_UNITS = "m t k km kg cm juta miliar triliun ribu persen rupiah unit orang tahun hari bulan jam wib wita wit am pm"
UNITS = frozenset(_UNITS.split())
"""What belongs to the number before it."""
