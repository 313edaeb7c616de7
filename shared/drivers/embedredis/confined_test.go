package embedredis_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// A client can neither read, write or load a file, nor control the server or make it
// connect anywhere.
func TestCommandsAreConfined(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	client := dial(t, s)
	dir := t.TempDir()
	refused := []string{
		"CONFIG SET dir " + dir, "CONFIG SET dbfilename dump.rdb", "CONFIG SET logfile x", "CONFIG GET dir", "CONFIG REWRITE",
		"SAVE", "BGSAVE", "BGREWRITEAOF", "LASTSAVE", "SHUTDOWN", "SHUTDOWN NOSAVE", "FAILOVER", "MONITOR", "SYNC", "PSYNC ? -1",
		"DEBUG RELOAD", "DEBUG SEGFAULT", "DEBUG SLEEP 0", "DEBUG OBJECT a", "DEBUG SET-ACTIVE-EXPIRE 0",
		"MODULE LOAD /lib/x.so", "MODULE LOADEX /lib/x.so", "MODULE LIST",
		"SLAVEOF 127.0.0.1 1", "REPLICAOF 127.0.0.1 1", "REPLCONF listening-port 1", "CLUSTER MEET 127.0.0.1 1", "CLUSTER SAVECONFIG",
		"MIGRATE 127.0.0.1 1 a 0 1000", "ACL LOAD", "ACL SAVE", "ACL SETUSER x on", "ACL LOG",
		"FUNCTION LOAD x", "FUNCTION DUMP", "FUNCTION RESTORE x", "FCALL x 0", "SCRIPT DEBUG YES", "SCRIPT KILL",
		"CLIENT KILL TYPE normal", "CLIENT PAUSE 1000", "LATENCY DOCTOR", "SLOWLOG GET", "SENTINEL MASTERS",
	}
	for _, command := range refused {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			var arguments []any
			for field := range strings.FieldsSeq(command) {
				arguments = append(arguments, field)
			}
			if got, err := client.Do(t.Context(), arguments...).Result(); err == nil {
				t.Errorf("%s = %v, want an error", command, got)
			}
		})
	}
	t.Cleanup(func() {
		if files, err := os.ReadDir(dir); len(files) > 0 || err != nil {
			t.Errorf("%s holds %v, %v", dir, files, err)
		}
	})
}

// A script can neither read a file nor write to the terminal, however it is sent and
// names the function.
func TestScriptsAreConfined(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	client := dial(t, s)
	file := filepath.Join(t.TempDir(), "secret.lua")
	if err := os.WriteFile(file, []byte("return 'the secret'"), 0o600); err != nil {
		t.Fatal(err)
	}
	garbled := file + ".txt"
	if err := os.WriteFile(garbled, []byte("the secret is no Lua"), 0o600); err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{
		"dofile":                "return dofile(ARGV[1])",
		"dofile by its name":    "return _G['do'..'file'](ARGV[1])",
		"dofile, raw":           "return rawget(_G, 'dofile')(ARGV[1])",
		"dofile by environment": "return getfenv(0).dofile(ARGV[1])",
		"dofile by load":        "return loadstring('return dofile(...)')(ARGV[1])",
		"dofile in a coroutine": "return coroutine.wrap(function() return dofile(ARGV[1]) end)()",
		"dofile of a function":  "return getfenv(cjson.encode).dofile(ARGV[1])",
		"loadfile":              "return loadfile(ARGV[1])()",
		"loadfile's error":      "local f, err = loadfile(ARGV[1] .. '.txt') return err",
		"dofile's error":        "local ok, err = pcall(dofile, ARGV[1] .. '.txt') return err",
		"require":               "package.path = ARGV[1] return require('secret')",
		"a loader":              "package.path = ARGV[1] return package.loaders[2]('secret')()",
		"module":                "module('os') return dofile(ARGV[1])",
		"io":                    "return io.open(ARGV[1]):read('*a')",
		"os":                    "return os.getenv('PATH')",
		"os.remove":             "return os.remove(ARGV[1])",
		"debug":                 "return debug.getregistry()",
		"print":                 "print(ARGV[1]) return 1",
		"registers":             "_printregs() return 1",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loaded, err := client.ScriptLoad(t.Context(), script).Result()
			if err != nil {
				t.Fatal(err)
			}
			for way, answer := range map[string]*redis.Cmd{
				"EVAL":                      client.Eval(t.Context(), script, nil, file),
				"EVAL_RO":                   client.EvalRO(t.Context(), script, nil, file),
				"EVALSHA":                   client.EvalSha(t.Context(), redis.NewScript(script).Hash(), nil, file),
				"EVALSHA of SCRIPT LOAD":    client.EvalSha(t.Context(), loaded, nil, file),
				"EVALSHA_RO":                client.EvalShaRO(t.Context(), redis.NewScript(script).Hash(), nil, file),
				"eval, in another spelling": client.Do(t.Context(), "eVaL", script, 0, file),
			} {
				text, err := answer.Text()
				said := text
				if err != nil {
					said = err.Error()
				}
				if err == nil && !strings.Contains(text, "nonexistent global") || strings.Contains(said, "NOSCRIPT") || strings.Contains(said, "secret is") {
					t.Errorf("%s says %q, want that there is no such function", way, said)
				}
			}
		})
	}
}

// What confines a script is not part of its first statement.
func TestScriptThatGoesOnIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	client := dial(t, s)
	for _, script := range []string{", loadfile return 1", "or dofile return 1", "== nil return 1", "", "-- nothing"} {
		got, err := client.Eval(t.Context(), script, nil).Result()
		if err == nil || got != nil {
			t.Errorf("%q = %v, %v, want an error or nothing", script, got, err)
		}
	}
}

// Confined scripts work as others do: by their digest, in a transaction, with the
// names of their lines in errors.
func TestScriptsWork(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	client := dial(t, s)
	script := redis.NewScript("-- a comment\nredis.call('SET', KEYS[1], ARGV[1])\nreturn cjson.encode({redis.call('GET', KEYS[1])})")
	if exist, err := client.ScriptExists(t.Context(), script.Hash()).Result(); err != nil || exist[0] {
		t.Errorf("a script that nobody loaded exists: %v, %v", exist, err)
	}
	for range 2 { // EVAL, then EVALSHA
		if got, err := script.Run(t.Context(), client, []string{"a"}, "x").Text(); err != nil || got != `["x"]` {
			t.Errorf("run: %q, %v", got, err)
		}
	}
	if exist, err := client.ScriptExists(t.Context(), script.Hash(), strings.ToUpper(script.Hash()), "0").Result(); err != nil || !exist[0] || !exist[1] || exist[2] {
		t.Errorf("exist %v, %v, want the first two", exist, err)
	}
	pipe := client.TxPipeline()
	first := script.EvalSha(t.Context(), pipe, []string{"a"}, "y")
	second := script.Eval(t.Context(), pipe, []string{"a"}, "z")
	if _, err := pipe.Exec(t.Context()); err != nil || first.Val() != `["y"]` || second.Val() != `["z"]` {
		t.Errorf("in a transaction: %v, %v, %v", first.Val(), second.Val(), err)
	}
	if err := client.Eval(t.Context(), "\nerror('here')", nil).Err(); err == nil || !strings.Contains(err.Error(), ":2:") {
		t.Errorf("an error in line 2 is %v", err)
	}
}
