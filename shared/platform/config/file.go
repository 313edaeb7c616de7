package config

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// maxFile bounds monitor.cfg, in bytes.
	maxFile = 1 << 20
	// maxWarnings bounds the keys that are named as unknown.
	maxWarnings = 20
)

// fileSettings are the keys of monitor.cfg that the program reads, with their
// settings.
var fileSettings = map[string]map[string]string{
	"general": {
		"host": "HOST", "port": "PORT", "plugins": "PLUGINS", "retries": "RETRIES", "debug": "LOG_LEVEL",
	},
	"kubejobs": {"k8s_manifest": "KUBECONFIG"},
}

// readFile reads Asperathos' monitor.cfg if MONITOR_CONFIG names one: [general]
// host, port, plugins, debug, retries and [kubejobs] k8s_manifest, the path of a
// kubeconfig. A key that is empty or absent is unset. Another key is a warning.
func (r *reader) readFile() {
	path := r.text("MONITOR_CONFIG", "")
	if path == "" {
		return
	}
	text, err := readText(path)
	if err != nil {
		r.reject("MONITOR_CONFIG", "cannot be read: %v", err)
		return
	}
	file, err := parseINI(text)
	if err != nil {
		r.reject("MONITOR_CONFIG", "cannot be read as Python's RawConfigParser reads it: %v", err)
		return
	}
	for section, keys := range fileSettings {
		for key, setting := range keys {
			r.file[setting] = file.get(section, key)
		}
	}
	r.file["LOG_LEVEL"] = r.debug(r.file["LOG_LEVEL"])
	r.file["KUBECONFIG"] = r.home(r.file["KUBECONFIG"])
	r.warnUnknown(file)
}

// readText returns the content of a file.
func readText(path string) (string, error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return string(text), err
}

// debug returns the level that the value of the key debug stands for, "" for none.
func (r *reader) debug(text string) string {
	switch strings.ToLower(text) {
	case "1", "yes", "true", "on":
		return "debug"
	case "", "0", "no", "false", "off":
	default:
		r.reject("MONITOR_CONFIG", "[general] debug: want true, yes, on, 1, false, no, off or 0, got %.80q", text)
	}
	return ""
}

// home replaces ~ or ~user at the beginning of a path with a home folder, as
// Python's expanduser does. A path whose user is not known is unchanged.
func (r *reader) home(path string) string {
	if !strings.HasPrefix(path, "~") {
		return path
	}
	name, rest, _ := strings.Cut(path[1:], "/")
	folder, _ := r.lookup("HOME")
	if name != "" || folder == "" {
		account, err := user.Current()
		if name != "" {
			account, err = user.Lookup(name)
		}
		if err != nil {
			return path
		}
		folder = account.HomeDir
	}
	return filepath.Join(folder, rest)
}

// warnUnknown warns about the sections and keys of monitor.cfg that are not read.
func (r *reader) warnUnknown(file ini) {
	var unknown []string
	for _, section := range slices.Sorted(maps.Keys(file)) {
		known, ok := fileSettings[section]
		if section == defaultSection {
			known, ok = maps.Clone(fileSettings["general"]), true
			maps.Copy(known, fileSettings["kubejobs"])
		}
		if !ok {
			unknown = append(unknown, fmt.Sprintf("[%.80s]", section))
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(file[section])) {
			if known[key] == "" {
				unknown = append(unknown, fmt.Sprintf("[%s] %.80s", section, key))
			}
		}
	}
	for i, name := range unknown {
		if i == maxWarnings {
			r.warn("MONITOR_CONFIG", "%d more names are unknown and ignored", len(unknown)-i)
			return
		}
		r.warn("MONITOR_CONFIG", "%s is unknown and ignored", name)
	}
}
