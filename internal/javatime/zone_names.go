package javatime

// zoneNames are abbreviations with a single offset, in minutes. They are the English ones
// of Java's own table (java.text.DateFormatSymbols of OpenJDK 17). The table omits names that
// Java makes up for places without daylight saving time. It also omits places that have
// changed their offset under the same name. An abbreviation has the same offset all year, as
// in Java: PST in July is still -0800.
//
// Three have a second meaning in that table that is omitted. PST is also Manila's time, but
// the connector's documentation uses it for Pacific time, as Java does elsewhere. CAT and
// EET are used by two places each whose offset has changed.
var zoneNames = map[string]int{
	// -1100
	"NUT": -660,
	// -1000
	"CKT": -600, "HAST": -600, "HST": -600,
	// -0930
	"MART": -570,
	// -0900
	"AKST": -540, "GAMT": -540, "HADT": -540,
	// -0800
	"AKDT": -480, "PST": -480,
	// -0700
	"MST": -420, "PDT": -420,
	// -0600
	"GALT": -360, "MDT": -360,
	// -0500
	"COT": -300, "EST": -300, "PET": -300,
	// -0400
	"BOT": -240, "EDT": -240, "GYT": -240, "VET": -240,
	// -0300
	"BRT": -180, "GFT": -180, "PMST": -180, "ROTT": -180, "SRT": -180, "UYT": -180,
	// -0230
	"NDT": -150,
	// -0200
	"FNT": -120, "PMDT": -120,
	// -0100
	"AZOT": -60, "CVT": -60,
	// +0000
	"AZOST": 0, "GMT": 0, "UCT": 0, "UT": 0, "UTC": 0, "WET": 0,
	// +0100
	"CET": 60, "MET": 60, "WAT": 60, "WEST": 60,
	// +0200
	"CAT": 120, "CEST": 120, "EET": 120, "MEST": 120, "SAST": 120,
	// +0300
	"EAT": 180, "EEST": 180, "MSK": 180, "TRT": 180,
	// +0330
	"IRST": 210,
	// +0400
	"AZT": 240, "GET": 240, "MUT": 240, "RET": 240, "SAMT": 240, "SCT": 240,
	// +0430
	"AFT": 270,
	// +0500
	"MVT": 300, "PKT": 300, "TFT": 300, "TJT": 300, "TMT": 300, "UZT": 300, "YEKT": 300,
	// +0545
	"NPT": 345,
	// +0600
	"BDT": 360, "BTT": 360, "IOT": 360, "KGT": 360, "OMST": 360,
	// +0630
	"CCT": 390, "MMT": 390,
	// +0700
	"CXT": 420, "ICT": 420, "KRAT": 420, "NOVT": 420, "WIB": 420,
	// +0800
	"AWST": 480, "BNT": 480, "HKT": 480, "IRKT": 480, "MYT": 480, "SGT": 480, "ULAT": 480, "WITA": 480,
	// +0845
	"ACWST": 525,
	// +0900
	"JST": 540, "KST": 540, "PWT": 540, "TLT": 540, "WIT": 540, "YAKT": 540,
	// +1000
	"AEST": 600, "CHST": 600, "CHUT": 600, "DDUT": 600, "PGT": 600, "VLAT": 600,
	// +1030
	"ACDT": 630, "LHST": 630,
	// +1100
	"AEDT": 660, "KOST": 660, "LHDT": 660, "MAGT": 660, "NCT": 660, "PONT": 660, "SAKT": 660, "SBT": 660,
	"VUT": 660,
	// +1200
	"FJT": 720, "GILT": 720, "MHT": 720, "NRT": 720, "NZST": 720, "PETT": 720, "TVT": 720, "WAKT": 720,
	"WFT": 720,
	// +1245
	"CHAST": 765,
	// +1300
	"NZDT": 780, "TKT": 780, "TOT": 780,
	// +1345
	"CHADT": 825,
	// +1400
	"LINT": 840,
}

// plainIDs are the zone IDs of OpenJDK 17 (java.time.ZoneId) without a slash. IDs that are
// also abbreviations are omitted, because they are read as abbreviations.
var plainIDs = map[string]bool{
	"CST6CDT": true, "EST5EDT": true, "MST7MDT": true, "PST8PDT": true,
	"Cuba": true, "Egypt": true, "Eire": true, "GB": true, "GB-Eire": true, "GMT0": true, "Greenwich": true,
	"Hongkong": true, "Iceland": true, "Iran": true, "Israel": true, "Jamaica": true, "Japan": true,
	"Kwajalein": true, "Libya": true, "NZ": true, "NZ-CHAT": true, "Navajo": true, "PRC": true, "Poland": true,
	"Portugal": true, "ROK": true, "Singapore": true, "Turkey": true, "Universal": true, "W-SU": true, "Zulu": true,
}

// severalZones are abbreviations with several offsets in Java: in the table above, or
// because java.util.TimeZone has another zone with that ID.
var severalZones = map[string][]string{
	"ACST": {"+0930 Australia", "-0400 Brazil"},
	"ACT":  {"-0500 Brazil", "+0930 Australia"},
	"ADT":  {"-0300 Atlantic", "+0400 Arabia"},
	"AMT":  {"-0400 Brazil", "+0400 Armenia"},
	"ART":  {"-0300 Argentina", "+0200 Egypt"},
	"AST":  {"-0400 Atlantic", "+0300 Arabia", "-0900 Alaska"},
	"BST":  {"+0100 Britain", "+0600 Bangladesh", "+1100 Bougainville"},
	"CDT":  {"-0500 America", "-0400 Cuba"},
	"CLT":  {"-0400 Chile", "-0300 Antarctica"},
	"CST":  {"-0600 America", "-0500 Cuba", "+0800 China"},
	"GST":  {"+0400 Gulf", "-0200 South Georgia"},
	"IDT":  {"+0300 Israel", "+0630 India"},
	"IST":  {"+0530 India", "+0200 Israel", "+0100 Ireland"},
	"NST":  {"-0330 Newfoundland", "+1200 New Zealand"},
	"SST":  {"-1100 Samoa", "+1100 Solomon Islands"},
}
