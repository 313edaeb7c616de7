package config_test

import (
	"fmt"
	"log/slog"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

func TestInvalidMonitorConfig(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path string
		want []string
	}{
		"no such file":            {filepath.Join(t.TempDir(), "none.cfg"), []string{"MONITOR_CONFIG"}},
		"a folder":                {t.TempDir(), []string{"MONITOR_CONFIG"}},
		"no INI":                  {file(t, "[general\nport"), []string{"MONITOR_CONFIG"}},
		"debug":                   {file(t, "[general]\ndebug = maybe\n"), []string{"MONITOR_CONFIG"}},
		"a key twice":             {file(t, "[general]\nport = 1\nPort = 2\n"), []string{"MONITOR_CONFIG"}},
		"a section twice":         {file(t, "[general]\nport = 1\n[general]\nretries = 2\n"), []string{"MONITOR_CONFIG"}},
		"a key before a section":  {file(t, "port = 1\n[general]\n"), []string{"MONITOR_CONFIG"}},
		"a key without a value":   {file(t, "[general]\nport\n"), []string{"MONITOR_CONFIG"}},
		"a value without a key":   {file(t, "[general]\n= 1\n"), []string{"MONITOR_CONFIG"}},
		"another encoding":        {file(t, "[general]\nhost = \xe9\n"), []string{"MONITOR_CONFIG"}},
		"a comment after a value": {file(t, "[general]\nport = 1 # one\n"), []string{"PORT"}},
		"a value in quotes":       {file(t, "[general]\nport = \"1\"\n"), []string{"PORT"}},
		"a large file":            {file(t, "[general]\n"+strings.Repeat("#", 1<<20)), []string{"MONITOR_CONFIG"}},
		"a host that is none":     {file(t, "[general]\nhost = a b\n"), []string{"LISTEN_ADDRESS"}},
		"port":                    {file(t, "[general]\nport = many\n"), []string{"PORT"}},
		"all at once": {
			file(t, "[general]\nport = 0x1\nretries = -1\nplugins = none\ndebug = 2\n"),
			[]string{"MONITOR_CONFIG", "PLUGINS", "PORT", "RETRIES"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(map[string]string{"MONITOR_CONFIG": tt.path}))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("wrong settings (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

func TestDebugOfMonitorConfig(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]slog.Level{
		"1": slog.LevelDebug, "yes": slog.LevelDebug, "True": slog.LevelDebug, "ON": slog.LevelDebug,
		"0": slog.LevelInfo, "No": slog.LevelInfo, "false": slog.LevelInfo, "off": slog.LevelInfo, "": slog.LevelInfo,
	} {
		if got := load(t, map[string]string{"MONITOR_CONFIG": file(t, "[general]\ndebug = "+value+"\n")}).LogLevel; got != want {
			t.Errorf("debug = %s: level %v, want %v", value, got, want)
		}
	}
}

func TestKubeconfigOfMonitorConfig(t *testing.T) {
	t.Parallel()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"/etc/kube.conf": "/etc/kube.conf", "~/.kube/config": "/home/x/.kube/config", "~": "/home/x", "a~/b": "a~/b",
		"~" + me.Username + "/c": filepath.Join(me.HomeDir, "c"), "~no-such-user/c": "~no-such-user/c",
	} {
		env := map[string]string{"HOME": "/home/x", "MONITOR_CONFIG": file(t, "[kubejobs]\nK8s_Manifest = "+value+"\n")}
		if got := load(t, env).Kubeconfig; got != want {
			t.Errorf("k8s_manifest = %s: Kubeconfig %q, want %q", value, got, want)
		}
	}
}

func TestUnknownKeysOfMonitorConfig(t *testing.T) {
	t.Parallel()
	const end = " is unknown and ignored"
	tests := map[string]struct {
		text string
		want []string
	}{
		"none": {"[DEFAULT]\nk8s_manifest = a\n[general]\nHOST = a\n[kubejobs]\n", nil},
		"keys and sections": {
			"[DEFAULT]\ncolour = red\n[general]\nprot = 1\nk8s_manifest = b\n[General]\nport = 1\n[kubejobs]\nport = 1\n",
			[]string{
				"MONITOR_CONFIG: [DEFAULT] colour" + end, "MONITOR_CONFIG: [General]" + end,
				"MONITOR_CONFIG: [general] k8s_manifest" + end, "MONITOR_CONFIG: [general] prot" + end,
				"MONITOR_CONFIG: [kubejobs] port" + end,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := load(t, map[string]string{"MONITOR_CONFIG": file(t, tt.text)}).Warnings
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
	var many strings.Builder
	many.WriteString("[general]\n")
	for i := range 100 {
		fmt.Fprintf(&many, "key%d = 1\n", i)
	}
	got := load(t, map[string]string{"MONITOR_CONFIG": file(t, many.String())}).Warnings
	if len(got) != 21 || got[20] != "MONITOR_CONFIG: 80 more names are unknown and ignored" {
		t.Errorf("%d warnings, the last %q, want 20 and the number of the others", len(got), got[len(got)-1])
	}
}
