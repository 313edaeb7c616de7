package egress_test

import (
	"net/netip"
	"strings"
	"testing"

	"kubejobs/shared/core/egress"
)

func parse(t *testing.T, entries ...string) *egress.Policy {
	t.Helper()
	p, err := egress.Parse(entries)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entry string
		ok    bool
	}{
		"CIDR":                         {"10.0.0.0/8", true},
		"CIDR with host bits":          {"10.1.2.3/8", true},
		"IPv6 CIDR":                    {"fc00::/7", true},
		"address":                      {"10.1.2.3", true},
		"IPv6 address":                 {"fd00::1", true},
		"name":                         {"redis.default.svc", true},
		"name with capitals, spaces":   {" Redis ", true},
		"suffix":                       {"*.default.svc", true},
		"a label of 63":                {strings.Repeat("a", 63), true},
		"CIDR with a mask over 32":     {"10.0.0.0/33", false},
		"octet over 255 with a mask":   {"10.0.0.256/8", false},
		"nothing":                      {"", false},
		"everything":                   {"*", false},
		"a star and a dot":             {"*.", false},
		"a star inside a label":        {"*redis.svc", false},
		"a star in the middle":         {"redis.*.svc", false},
		"two stars":                    {"*.*.svc", false},
		"an empty label":               {"redis..svc", false},
		"a label of 64":                {strings.Repeat("a", 64), false},
		"a name over 253":              {strings.Repeat("a.", 127) + "a", false},
		"name and port":                {"redis:6379", false},
		"URL":                          {"redis://redis", false},
		"brackets":                     {"[::1]", true},
		"brackets around IPv4":         {"[127.0.0.1]", false},
		"brackets around a CIDR":       {"[fc00::]/7", false},
		"an absolute name":             {"redis.svc.", true},
		"an absolute suffix":           {"*.svc.", true},
		"IPv4 with a number too high":  {"10.0.0.256", false},
		"a letter that is not in DNS":  {"rédis", false},
		"two entries that are not cut": {"a,b", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := egress.Parse([]string{"10.0.0.0/8", tt.entry})
			if ok := err == nil; ok != tt.ok {
				t.Errorf("Parse(%q) = %v, want ok %t", tt.entry, err, tt.ok)
			}
			if err != nil && !strings.Contains(err.Error(), `"`+tt.entry+`"`) && len(tt.entry) <= 80 {
				t.Errorf("Parse(%q) = %v, which does not name the entry", tt.entry, err)
			}
		})
	}
}

func TestAllows(t *testing.T) {
	t.Parallel()
	private := egress.Private()
	tests := map[string]struct {
		entries []string
		host    string
		address string
		want    bool
	}{
		"private 10":                       {private, "a", "10.255.0.1", true},
		"private 172.16":                   {private, "a", "172.31.255.255", true},
		"above private 172.16":             {private, "a", "172.32.0.0", false},
		"private 192.168":                  {private, "a", "192.168.0.1", true},
		"carrier's 100.64":                 {private, "a", "100.64.0.1", true},
		"private IPv6":                     {private, "a", "fd12::1", true},
		"public":                           {private, "a", "8.8.8.8", false},
		"public IPv6":                      {private, "a", "2001:4860:4860::8888", false},
		"loopback is not private":          {private, "a", "127.0.0.1", false},
		"IPv6 loopback is not private":     {private, "a", "::1", false},
		"loopback":                         {egress.Loopback(), "a", "127.9.9.9", true},
		"IPv6 loopback":                    {egress.Loopback(), "a", "::1", true},
		"nothing is listed":                {nil, "a", "10.0.0.1", false},
		"mapped private":                   {private, "a", "::ffff:10.0.0.1", true},
		"mapped public":                    {private, "a", "::ffff:8.8.8.8", false},
		"mapped link-local":                {[]string{"::ffff:0:0/96", "0.0.0.0/0"}, "a", "::ffff:169.254.169.254", false},
		"an address listed by itself":      {[]string{"8.8.8.8"}, "a", "8.8.8.8", true},
		"the address after it":             {[]string{"8.8.8.8"}, "a", "8.8.8.9", false},
		"CIDR with host bits":              {[]string{"8.8.8.8/24"}, "a", "8.8.8.1", true},
		"metadata by its range":            {[]string{"169.254.0.0/16"}, "a", "169.254.169.254", false},
		"metadata by its address":          {[]string{"169.254.169.254"}, "169.254.169.254", "169.254.169.254", false},
		"metadata by a listed name":        {[]string{"metadata"}, "metadata", "169.254.169.254", false},
		"IPv6 link-local by its range":     {[]string{"fe80::/10"}, "a", "fe80::1", false},
		"IPv6 link-local with a zone":      {[]string{"fe80::/10"}, "a", "fe80::1%eth0", false},
		"IPv6 link-local by a listed name": {[]string{"a"}, "a", "fe80::1", false},
		"multicast":                        {[]string{"0.0.0.0/0"}, "a", "224.0.0.1", false},
		"IPv6 multicast":                   {[]string{"::/0"}, "a", "ff02::1", false},
		"unspecified":                      {[]string{"0.0.0.0/0", "a"}, "a", "0.0.0.0", false},
		"IPv6 unspecified":                 {[]string{"::/0", "a"}, "a", "::", false},
		"a zone does not hide an address":  {private, "a", "fd12::1%eth0", true},
		"a listed name":                    {[]string{"redis.svc"}, "redis.svc", "8.8.8.8", true},
		"a listed name, other case":        {[]string{"Redis.svc"}, "rEDIS.SVC", "8.8.8.8", true},
		"a listed name with its dot":       {[]string{"redis.svc"}, "redis.svc.", "8.8.8.8", true},
		"a listed absolute name":           {[]string{"Redis.svc."}, "redis.svc", "8.8.8.8", true},
		"a listed absolute suffix":         {[]string{"*.Svc."}, "a.svc.", "8.8.8.8", true},
		"a listed address in brackets":     {[]string{"[2001:DB8::0:1]"}, "a", "2001:db8::1", true},
		"a listed mapped address":          {[]string{"[::ffff:8.8.8.8]"}, "a", "8.8.8.8", true},
		"below a listed name":              {[]string{"redis.svc"}, "a.redis.svc", "8.8.8.8", false},
		"above a listed name":              {[]string{"redis.svc"}, "svc", "8.8.8.8", false},
		"below a suffix":                   {[]string{"*.svc"}, "a.b.svc", "8.8.8.8", true},
		"below a suffix with its dot":      {[]string{"*.svc"}, "a.svc.", "8.8.8.8", true},
		"the suffix itself":                {[]string{"*.svc"}, "svc", "8.8.8.8", false},
		"a name that ends like a suffix":   {[]string{"*.svc"}, "evilsvc", "8.8.8.8", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, tt.entries...).Allows(tt.host, netip.MustParseAddr(tt.address)); got != tt.want {
				t.Errorf("Allows(%q, %s) with %v = %t, want %t", tt.host, tt.address, tt.entries, got, tt.want)
			}
		})
	}
}

// Whatever is listed, and whatever name resolves to them, these addresses are
// refused. Those beside them are not.
func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	policy := parse(t, "0.0.0.0/0", "::/0", "metadata.example")
	for text, want := range map[string]bool{
		"169.254.169.254": false, "169.254.0.1": false, "169.255.0.1": true,
		"fe80::1": false, "febf::1": false, "fec0::1": true,
		"100.100.100.200": false, "100.100.100.201": true,
		"168.63.129.16": false, "168.63.129.17": true,
		"192.0.0.192":   false,
		"fd00:ec2::254": false, "fd00:ec2::253": false, "fd00:ec2:ffff::1": false, "fd00:ec3::254": true,
		"fd20:ce::254": false, "fd20:cf::254": true,
		"fd00:42::42": false,
		"0.0.0.0":     false, "0.1.2.3": false, "255.255.255.255": false, "::": false,
		"224.0.0.1": false, "ff02::1": false, "ff0e::1": false,
		"::ffff:169.254.169.254": false, "::ffff:0.0.0.0": false, "::ffff:10.0.0.1": true,
		// NAT64
		"64:ff9b::169.254.169.254": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b::100.100.100.200": false, "64:ff9b::10.0.0.1": true,
		"64:ff9b:1::a9fe:a9fe": false, "64:ff9b:1:a9fe:a9:fe00::": false, "64:ff9b:2::a9fe:a9fe": true,
		// 6to4
		"2002:a9fe:a9fe::1": false, "2002:6464:64c8::": false, "2002:e000:1::": false, "2002:0:0::1": false, "2002:a00:1::1": true,
		// Teredo: the server, and the client with its bits inverted
		"2001:0:a9fe:a9fe::5601:5601": false, "2001:0:a00:1::5601:5601": false, "2001:0:a00:1:0:0:f5ff:fffe": true, "2001:db8::1": true,
		// IPv4-compatible and IPv4-translated
		"::169.254.169.254": false, "::ffff:0:169.254.169.254": false, "::ffff:0:10.0.0.1": true,
		"::1": true, "127.0.0.1": true,
	} {
		for _, host := range []string{"metadata.example", text} {
			if got := policy.Allows(host, netip.MustParseAddr(text)); got != want {
				t.Errorf("Allows(%s, %s) = %t, want %t", host, text, got, want)
			}
		}
	}
}

func TestASuffixIsNoAddress(t *testing.T) {
	t.Parallel()
	policy, err := egress.Parse([]string{"*.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if policy.Allows("127.0.0.1", netip.MustParseAddr("127.0.0.1")) {
		t.Error("the address 127.0.0.1 is taken for a name below 0.1")
	}
}

// No address of the forbidden ranges is allowed, nor one that stands for it.
func TestForbiddenRanges(t *testing.T) {
	t.Parallel()
	policy := parse(t, "0.0.0.0/0", "::/0", "a.example")
	for _, prefix := range egress.Forbidden() {
		first := prefix.Addr()
		if policy.Allows("a.example", first) {
			t.Errorf("%s is allowed", first)
		}
		if first.Is4() {
			for _, form := range []string{"64:ff9b::", "::ffff:"} {
				if address := netip.MustParseAddr(form + first.String()); policy.Allows("a.example", address) {
					t.Errorf("%s is allowed", address)
				}
			}
		}
	}
}
