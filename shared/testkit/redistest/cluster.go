package redistest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/proctest"
)

// slots is the number of slots of a Redis Cluster.
const slots = 16384

// Cluster is a Redis Cluster: three masters and a replica of each.
type Cluster struct {
	Nodes []*Server // three masters, then a replica of each in the same order

	tb      testing.TB
	clients []*redis.Client
	ids     []string
}

// StartCluster starts six nodes and waits until all of them serve. args are those of
// each node.
func StartCluster(tb testing.TB, args ...string) *Cluster {
	tb.Helper()
	c := &Cluster{tb: tb}
	var buses []int
	for i := range 6 {
		bus := proctest.FreePort(tb)
		node := Start(tb, append(args, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
			"--cluster-port", strconv.Itoa(bus), "--cluster-replica-validity-factor", "0")...)
		c.Nodes, buses = append(c.Nodes, node), append(buses, bus)
		c.clients = append(c.clients, node.Client())
		c.do(i, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		id, err := c.clients[i].Do(tb.Context(), "CLUSTER", "MYID").Text()
		if err != nil {
			tb.Fatal(err)
		}
		c.ids = append(c.ids, id)
	}
	for i := range 3 {
		c.do(i, "CLUSTER", "ADDSLOTSRANGE", slots*i/3, slots*(i+1)/3-1)
	}
	for i := 1; i < 6; i++ {
		c.do(0, "CLUSTER", "MEET", "127.0.0.1", c.Nodes[i].Port(), buses[i])
	}
	c.until("each node knows six", "cluster_known_nodes:6\r")
	for i := range 3 {
		proctest.Until(tb, "a node becomes a replica", func() bool {
			return c.clients[3+i].Do(tb.Context(), "CLUSTER", "REPLICATE", c.ids[i]).Err() == nil
		})
	}
	c.WaitOK()
	return c
}

// URL returns the URL of the cluster.
func (c *Cluster) URL() string {
	query := url.Values{}
	for _, node := range c.Nodes[1:] {
		query.Add("addr", node.Addr())
	}
	return "redis://" + c.Nodes[0].Addr() + "?" + query.Encode()
}

// WaitOK waits until every node says that all slots are served, and three nodes are
// replicas with a link to their masters.
func (c *Cluster) WaitOK() {
	c.tb.Helper()
	c.until("each node says that the cluster is complete", "cluster_state:ok\r")
	proctest.Until(c.tb, "three replicas are linked to their masters", func() bool {
		linked := 0
		for _, client := range c.clients {
			if strings.Contains(client.Info(c.tb.Context(), "replication").Val(), "master_link_status:up") {
				linked++
			}
		}
		return linked == 3
	})
}

// Owner returns the number of the node that serves the slot of a key.
func (c *Cluster) Owner(key string) int {
	c.tb.Helper()
	for i, client := range c.clients {
		if _, err := client.Exists(c.tb.Context(), key).Result(); err == nil &&
			strings.Contains(client.Info(c.tb.Context(), "replication").Val(), "role:master") {
			return i
		}
	}
	c.tb.Fatalf("no node serves %s", key)
	return 0
}

// Client returns a client of one node.
func (c *Cluster) Client(node int) *redis.Client { return c.clients[node] }

// Move moves the slot of a key from one of the three first masters to another one, as a resharding does:
// the target imports, the keys are migrated one by one, then all masters are told.
func (c *Cluster) Move(key string, from, to int) {
	c.tb.Helper()
	slot := c.clients[0].ClusterKeySlot(c.tb.Context(), key).Val()
	c.do(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", c.ids[from])
	c.do(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", c.ids[to])
	for {
		keys, err := c.clients[from].ClusterGetKeysInSlot(c.tb.Context(), int(slot), 1).Result()
		if err != nil {
			c.tb.Fatal(err)
		}
		if len(keys) == 0 {
			break
		}
		c.do(from, "MIGRATE", "127.0.0.1", c.Nodes[to].Port(), keys[0], 0, 5000)
	}
	for _, master := range []int{to, from, 3 - to - from} {
		c.do(master, "CLUSTER", "SETSLOT", slot, "NODE", c.ids[to])
	}
	proctest.Until(c.tb, "each node knows the new owner of the slot", func() bool {
		for i := range c.clients {
			if !c.knows(i, int(slot), to) {
				return false
			}
		}
		return true
	})
}

// knows reports whether a node knows the owner of a slot.
func (c *Cluster) knows(node, slot, owner int) bool {
	shards, err := c.clients[node].ClusterShards(c.tb.Context()).Result()
	return err == nil && slices.ContainsFunc(shards, func(shard redis.ClusterShard) bool {
		return slices.ContainsFunc(shard.Slots, func(r redis.SlotRange) bool {
			return int(r.Start) <= slot && slot <= int(r.End)
		}) && slices.ContainsFunc(shard.Nodes, func(n redis.Node) bool { return n.ID == c.ids[owner] })
	})
}

func (c *Cluster) do(node int, args ...any) {
	c.tb.Helper()
	if err := c.clients[node].Do(c.tb.Context(), args...).Err(); err != nil {
		c.tb.Fatalf("node %d: %v: %v", node, args, err)
	}
}

// until waits until CLUSTER INFO of every node holds a line.
func (c *Cluster) until(what, line string) {
	c.tb.Helper()
	for _, client := range c.clients {
		proctest.Until(c.tb, fmt.Sprintf("%s (%q)", what, line), func() bool {
			return strings.Contains(client.ClusterInfo(c.tb.Context()).Val(), line)
		})
	}
}
