package manifests_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"kubejobs/shared/core/egress"
)

// egressRules returns the rules of a kustomization by which the functions connect, by
// the name of their policy.
func egressRules(t *testing.T, kustomization string) (rules map[string][]networkingv1.NetworkPolicyEgressRule, settings map[string]string) {
	t.Helper()
	rules = map[string][]networkingv1.NetworkPolicyEgressRule{}
	for _, object := range objects(t, kustomization) {
		switch o := object.(type) {
		case *networkingv1.NetworkPolicy:
			if len(o.Spec.Egress) > 0 {
				rules[o.Name] = o.Spec.Egress
			}
		case *corev1.ConfigMap:
			settings = o.Data
		}
	}
	return rules, settings
}

// refused returns the ranges that the program refuses whatever is allowed, and those
// of NAT64 and 6to4 that stand for them.
func refused() []netip.Prefix {
	all := egress.Forbidden()
	for _, prefix := range egress.Forbidden() {
		if !prefix.Addr().Is4() {
			continue
		}
		v4 := prefix.Addr().As4()
		nat64 := netip.MustParseAddr("64:ff9b::").As16()
		copy(nat64[12:], v4[:])
		sixToFour := netip.MustParseAddr("2002::").As16()
		copy(sixToFour[2:], v4[:])
		all = append(all, netip.PrefixFrom(netip.AddrFrom16(nat64), 96+prefix.Bits()), netip.PrefixFrom(netip.AddrFrom16(sixToFour), 16+prefix.Bits()))
	}
	return all
}

// within reports whether inner is a part of outer.
func within(inner, outer netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// The network policies except each range that the program refuses, except for the
// cache of the cluster's DNS.
func TestPoliciesExceptWhatTheProgramRefuses(t *testing.T) {
	t.Parallel()
	for name, kustomization := range overlays(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, _ := egressRules(t, kustomization)
			blocks := 0
			for policy, all := range rules {
				for _, rule := range all {
					dns := !slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port.IntValue() != 53 })
					for _, to := range rule.To {
						if to.IPBlock == nil || dns {
							continue
						}
						blocks++
						for _, prefix := range missing(to.IPBlock) {
							t.Errorf("%s allows %s without the exception %s", policy, to.IPBlock.CIDR, prefix)
						}
					}
				}
			}
			if blocks < 2 {
				t.Errorf("%d ranges, want at least those of the API server", blocks)
			}
		})
	}
}

// missing returns the refused ranges that a block allows.
func missing(block *networkingv1.IPBlock) (prefixes []netip.Prefix) {
	whole := netip.MustParsePrefix(block.CIDR)
	for _, prefix := range refused() {
		excepted := slices.ContainsFunc(block.Except, func(text string) bool { return within(prefix, netip.MustParsePrefix(text)) })
		if (within(prefix, whole) || within(whole, prefix)) && !excepted {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

// In production the functions connect to the pods of the jobs' namespace on any port,
// to nobody else beyond what they need, and callers may name its Services only.
func TestProductionEgress(t *testing.T) {
	t.Parallel()
	for name, namespace := range map[string]string{
		"production": "default", "control": "default", "job-events": "default", "events": "default", "owner-references": "kubejobs", "README": "batch",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, settings := egressRules(t, overlays(t)[name])
			var got []string
			for policy, all := range rules {
				for _, rule := range all {
					got = append(got, policy+": "+describe(rule))
				}
			}
			slices.Sort(got)
			want := []string{
				"to-jobs: " + namespace + " on 1-65535",
				"to-state-redis: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7 on 6379",
				"to-what-functions-use: 0.0.0.0/0, ::/0 on 443, 6443",
				"to-what-functions-use: kube-system, 169.254.20.10/32 on 53, 53",
			}
			if name == "events" {
				want = append([]string{"to-broker: knative-eventing on 8080, 8443"}, want...)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("egress (-want +got):\n%s", diff)
			}
			checkHosts(t, namespace, settings["ALLOWED_HOSTS"])
		})
	}
}

// checkHosts checks which names a request may hold.
func checkHosts(t *testing.T, namespace, setting string) {
	t.Helper()
	policy, err := egress.Parse(strings.Split(setting, ","))
	if err != nil {
		t.Fatal(err)
	}
	service := netip.MustParseAddr("10.96.0.10")
	for host, want := range map[string]bool{
		"redis-a." + namespace + ".svc": true, "redis-a." + namespace + ".svc.cluster.local": true, "redis." + namespace + ".svc.": true,
		"redis": false, "redis." + namespace: false, "redis.other.svc": false, "state-redis.elsewhere.svc.cluster.local": false,
		"10.96.0.10": false, namespace + ".svc": false, "redis." + namespace + ".svc.example.org": false,
	} {
		if got := policy.Allows(host, service); got != want {
			t.Errorf("%s is allowed: %t, want %t", host, got, want)
		}
	}
}

// describe returns a rule in short.
func describe(rule networkingv1.NetworkPolicyEgressRule) string {
	var to, ports []string
	for _, peer := range rule.To {
		if peer.IPBlock != nil {
			to = append(to, peer.IPBlock.CIDR)
			continue
		}
		to = append(to, peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"])
	}
	for _, port := range rule.Ports {
		text := port.Port.String()
		if port.EndPort != nil {
			text += "-65535"
		}
		ports = append(ports, text)
	}
	return strings.Join(to, ", ") + " on " + strings.Join(ports, ", ")
}
