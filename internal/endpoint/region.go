package endpoint

import "strings"

// codes maps the region codes of ElastiCache host names to regions.
//
// AWS documents no such table, and no rule yields it: Tokyo is apne1 while Seoul is apn2 and Osaka apn3, and Ningxia is cnw1.
// AWS's billing codes differ as well (CAN1, APS2 for Sydney). Every entry was therefore seen in recorded host names
// of that region; regions of which none was found are left out, so that their region has to be given.
var codes = map[string]string{
	"use1":  "us-east-1",
	"use2":  "us-east-2",
	"usw1":  "us-west-1",
	"usw2":  "us-west-2",
	"cac1":  "ca-central-1",
	"caw1":  "ca-west-1",
	"sae1":  "sa-east-1",
	"euw1":  "eu-west-1",
	"euw2":  "eu-west-2",
	"euw3":  "eu-west-3",
	"euc1":  "eu-central-1",
	"euc2":  "eu-central-2",
	"eun1":  "eu-north-1",
	"eus1":  "eu-south-1",
	"eus2":  "eu-south-2",
	"afs1":  "af-south-1",
	"mes1":  "me-south-1",
	"mec1":  "me-central-1",
	"ilc1":  "il-central-1",
	"ape1":  "ap-east-1",
	"aps1":  "ap-south-1",
	"aps2":  "ap-south-2",
	"apse1": "ap-southeast-1",
	"apse2": "ap-southeast-2",
	"apse3": "ap-southeast-3",
	"apne1": "ap-northeast-1",
	"apn2":  "ap-northeast-2",
	"apn3":  "ap-northeast-3",
	"usgw1": "us-gov-west-1",
	"cnn1":  "cn-north-1",
	"cnw1":  "cn-northwest-1",
}

// region returns the region of a code, or "" for an unknown code and for one outside the host's partition.
func region(code string, china bool) string {
	return inPartition(codes[code], china)
}

// longRegion returns a region that a host spells out, or "" when it does not look like one.
func longRegion(s string, china bool) string {
	if !IsRegion(s) {
		return ""
	}
	return inPartition(s, china)
}

// inPartition keeps China's regions to China's domain and all others out of it.
func inPartition(region string, china bool) string {
	if strings.HasPrefix(region, "cn-") != china {
		return ""
	}
	return region
}

// IsRegion reports whether s has the form of a region's name: an area, one to three words and a number, such as
// "eu-west-1", "us-gov-west-1" or "eusc-de-east-1". It does not know which regions exist.
func IsRegion(s string) bool {
	w := strings.Split(s, "-")
	if len(w) < 3 || len(w) > 5 {
		return false
	}
	for _, p := range w[:len(w)-1] {
		if len(p) < 2 || len(p) > 12 || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	n := w[len(w)-1]
	return len(n) <= 2 && isDigits(n, len(n)) && n != "" && n[0] != '0'
}
