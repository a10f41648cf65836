package endpoint

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	ec := func(name, region string, role Role) Endpoint {
		return Endpoint{Service: "elasticache", Name: name, Region: region, Role: role}
	}
	mdb := func(name, region string, role Role) Endpoint {
		return Endpoint{Service: "memorydb", Name: name, Region: region, Role: role}
	}
	serverless := func(name, region string, public bool) Endpoint {
		return Endpoint{Service: "elasticache", Name: name, Region: region, Role: Serverless, Serverless: true, Public: public}
	}
	for host, want := range map[string]Endpoint{
		"orders-x2e9hv.serverless.use1.cache.amazonaws.com":           serverless("orders", "us-east-1", false),
		"my-cache-ac-2345-kgk7zb.serverless.cac1.cache.amazonaws.com": serverless("my-cache-ac-2345", "ca-central-1", false),
		"o-x2e9hv.public.serverless.use1.cache.amazonaws.com":         serverless("o", "us-east-1", true),
		"o-x2e9hv.serverless.cnw1.cache.amazonaws.com.cn":             serverless("o", "cn-northwest-1", false),
		"orders.serverless.use1.cache.amazonaws.com":                  serverless("", "us-east-1", false),
		"a.b-x.serverless.use1.cache.amazonaws.com":                   serverless("", "us-east-1", false),

		"clustercfg.orders.x2e9hv.euw1.cache.amazonaws.com":              ec("orders", "eu-west-1", Configuration),
		"orders.x2e9hv.clustercfg.euw1.cache.amazonaws.com":              ec("orders", "eu-west-1", Configuration),
		"orders.nsmena.clustercfg.cnn1.cache.amazonaws.com.cn":           ec("orders", "cn-north-1", Configuration),
		"master.orders.x2e9hv.apne1.cache.amazonaws.com":                 ec("orders", "ap-northeast-1", Primary),
		"replica.orders.x2e9hv.apn2.cache.amazonaws.com":                 ec("orders", "ap-northeast-2", Reader),
		"orders.x2e9hv.ng.0001.apn3.cache.amazonaws.com":                 ec("orders", "ap-northeast-3", Primary),
		"orders-0001-001.orders.x2e9hv.use1.cache.amazonaws.com":         ec("orders", "us-east-1", Node),
		"orders-001.orders.x2e9hv.usgw1.cache.amazonaws.com":             ec("orders", "us-gov-west-1", Node),
		"orders-0001-001.x2e9hv.0001.use1.cache.amazonaws.com":           ec("orders", "us-east-1", Node),
		"a-0001-001.a-0001-001.x2e9hv.use1.cache.amazonaws.com":          ec("", "us-east-1", Unknown),
		"CLUSTERCFG.Orders.x2e9hv.USE1.cache.amazonaws.com.":             ec("orders", "us-east-1", Configuration),
		"clustercfg.orders.x2e9hv.memorydb.us-east-1.amazonaws.com":      mdb("orders", "us-east-1", Configuration),
		"orders-0001-001.orders.x2e9hv.memorydb.eu-west-3.amazonaws.com": mdb("orders", "eu-west-3", Node),
		"orders.x2e9hv.clustercfg.memorydb.eu-west-3.amazonaws.com":      mdb("orders", "eu-west-3", Configuration),
		"orders-0002-003.x2e9hv.0002.memorydb.eu-west-3.amazonaws.com":   mdb("orders", "eu-west-3", Node),
		"clustercfg.orders.x2e9hv.memorydb.cn-north-1.amazonaws.com.cn":  mdb("orders", "cn-north-1", Configuration),

		// What cannot be told for sure stays empty.
		"orders-ro.x2e9hv.ng.0001.use1.cache.amazonaws.com":          ec("", "us-east-1", Unknown),
		"orders-001.x2e9hv.0001.use1.cache.amazonaws.com":            ec("", "us-east-1", Node),
		"orders.x2e9hv.0001.use1.cache.amazonaws.com":                ec("", "us-east-1", Node),
		"orders.x2e9hv.cfg.use1.cache.amazonaws.com":                 ec("", "us-east-1", Unknown),
		"orders.x2e9hv.use1.cache.amazonaws.com":                     ec("", "us-east-1", Unknown),
		"other-001.orders.x2e9hv.use1.cache.amazonaws.com":           ec("", "us-east-1", Unknown),
		"clustercfg.orders.x2e9hv.apne2.cache.amazonaws.com":         ec("orders", "", Configuration),
		"clustercfg.orders.x2e9hv.use1.cache.amazonaws.com.cn":       ec("orders", "", Configuration),
		"clustercfg.orders.x2e9hv.cnn1.cache.amazonaws.com":          ec("orders", "", Configuration),
		"clustercfg.orders.x2e9hv.memorydb.use1.amazonaws.com":       mdb("orders", "", Configuration),
		"clustercfg.orders.x2e9hv.memorydb.cn-north-1.amazonaws.com": mdb("orders", "", Configuration),
		"orders.x2e9hv.memorydb.us-east-1.amazonaws.com":             mdb("", "us-east-1", Unknown),
	} {
		if got, ok := Parse(host); !ok || got != want {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", host, got, ok, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, host := range []string{
		"", ".", "localhost", "127.0.0.1", "::1", "orders", "cache.amazonaws.com", "use1.cache.amazonaws.com", "amazonaws.com",
		"memorydb.us-east-1.amazonaws.com", "elasticache.us-east-1.amazonaws.com", "orders.x.us-east-1.rds.amazonaws.com",
		"clustercfg.orders.x.use1.cache.amazonaws.com.example.com", "clustercfg.orders.x.use1.cache.example.com",
		"clustercfg..x.use1.cache.amazonaws.com", "clustercfg.-orders.x.use1.cache.amazonaws.com",
		"clustercfg.or_ders.x.use1.cache.amazonaws.com", "clustercfg.orders.x.use1.cache.amazonaws.com..",
		"clustercfg.orders.x.use1.cache.amazonaws.com:6379", "clustercfg.\u212a.x.use1.cache.amazonaws.com", strings.Repeat("a", 64) + "-x.serverless.use1.cache.amazonaws.com",
	} {
		if got, ok := Parse(host); ok {
			t.Errorf("Parse(%q) = %+v, want it refused", host, got)
		}
	}
}

func TestIsRegion(t *testing.T) {
	for _, r := range codes {
		if !IsRegion(r) {
			t.Errorf("IsRegion(%q) = false", r)
		}
	}
	for _, r := range []string{"eusc-de-east-1", "us-iso-east-1", "us-isob-east-1", "us-gov-east-1", "mx-central-1"} {
		if !IsRegion(r) {
			t.Errorf("IsRegion(%q) = false", r)
		}
	}
	for _, r := range []string{"", "use1", "eu-west", "eu-west-", "eu-west-1a", "EU-WEST-1", "eu-west-01", "eu-west-100", "eu--1", "-eu-west-1",
		"eu-west-1 ", "eu_west_1", "eu-west-0", "a-b-c-d-e-1", "eu-west-1\n", "us-east-1-use1-az1"} {
		if IsRegion(r) {
			t.Errorf("IsRegion(%q) = true", r)
		}
	}
}

// FuzzParse looks for panics and for answers that could not be signed with.
func FuzzParse(f *testing.F) {
	f.Add("orders-x2e9hv.public.serverless.use1.cache.amazonaws.com")
	f.Add("clustercfg.orders.x2e9hv.memorydb.us-east-1.amazonaws.com.")
	f.Add("orders-0001-001.orders.x2e9hv.cnw1.cache.amazonaws.com.cn")
	f.Add("orders.x.ng.0001.use1.cache.amazonaws.com")
	f.Fuzz(func(t *testing.T, host string) {
		e, ok := Parse(host)
		if !ok {
			if e != (Endpoint{}) {
				t.Fatalf("refused with %+v", e)
			}
			return
		}
		if e.Service != "elasticache" && e.Service != "memorydb" || e.Region != "" && !IsRegion(e.Region) {
			t.Fatalf("%+v", e)
		}
		if e.Name != "" && (!isLabel(e.Name) && !strings.HasSuffix(e.Name, "-") || !strings.Contains(strings.ToLower(host), e.Name)) {
			t.Fatalf("name %q is not in the host", e.Name)
		}
		if e.Serverless && e.Service != "elasticache" || e.Public && !e.Serverless {
			t.Fatalf("%+v", e)
		}
		if again, ok := Parse(strings.ToUpper(host)); !ok || again != e {
			t.Fatalf("upper case: %+v, want %+v", again, e)
		}
	})
}
