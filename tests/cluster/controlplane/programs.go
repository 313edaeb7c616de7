package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// The files of the programs in the control plane's directory.
const (
	auditPolicyFile = "audit-policy.yaml"
	auditLogFile    = "audit.log"
	managerFile     = "manager.kubeconfig"
	kubeletFile     = "kubelet.kubeconfig"
	kwokFile        = "kwok.yaml"
)

// The users of the controllers and of the kubelet.
const (
	managerUser = "system:kube-controller-manager"
	kubeletUser = "kwok"
)

// controllers are the ones that tests need. Others would only take time.
const controllers = "garbage-collector-controller,namespace-controller,serviceaccount-controller"

// auditPolicy logs each request when it arrives and when it has been answered, except
// for those of the control plane itself.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: None
    users: ["system:apiserver", "` + managerUser + `", "` + kubeletUser + `"]
  - level: Metadata
`

func (c *ControlPlane) etcdArgs(port string) []string {
	address := "https://127.0.0.1:" + port
	return []string{
		"--data-dir=" + c.file("etcd"),
		"--listen-client-urls=" + address,
		"--advertise-client-urls=" + address,
		"--cert-file=" + c.file(servingFile),
		"--key-file=" + c.file(servingKeyFile),
		"--listen-peer-urls=http://127.0.0.1:0", // not used
		"--initial-advertise-peer-urls=http://127.0.0.1:0",
		"--initial-cluster=default=http://127.0.0.1:0",
		"--unsafe-no-fsync", // the test does not survive a crash of the machine
		"--log-level=warn",
	}
}

func (c *ControlPlane) apiserverArgs(port string) []string {
	return []string{
		"--etcd-servers=https://" + c.etcd.address,
		"--etcd-cafile=" + c.file(authorityFile),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + port,
		"--endpoint-reconciler-type=none", // an endpoint cannot be on the loopback address
		"--service-cluster-ip-range=10.0.0.0/24",
		"--cert-dir=" + c.dir,
		"--tls-cert-file=" + c.file(servingFile),
		"--tls-private-key-file=" + c.file(servingKeyFile),
		"--client-ca-file=" + c.file(authorityFile),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.file(accountsKeyFile),
		"--service-account-signing-key-file=" + c.file(accountsKeyFile),
		"--audit-policy-file=" + c.file(auditPolicyFile),
		"--audit-log-path=" + c.file(auditLogFile),
		"--audit-log-mode=blocking",  // an answered request is in the file
		"--audit-log-maxsize=100000", // MB: no second file
	}
}

func (c *ControlPlane) managerArgs(port string) []string {
	return []string{
		"--kubeconfig=" + c.file(managerFile),
		"--authentication-kubeconfig=" + c.file(managerFile),
		"--authorization-kubeconfig=" + c.file(managerFile),
		"--bind-address=127.0.0.1",
		"--secure-port=" + port,
		"--tls-cert-file=" + c.file(servingFile),
		"--tls-private-key-file=" + c.file(servingKeyFile),
		"--controllers=" + strings.Join(append([]string{controllers}, c.options.Controllers...), ","),
		"--leader-elect=false",
	}
}

func (c *ControlPlane) kubeletArgs(port string) []string {
	return []string{
		"--kubeconfig=" + c.file(kubeletFile),
		"--config=" + c.file(kwokFile),
		"--manage-all-nodes",
		"--server-address=127.0.0.1:" + port,
		"--tls-cert-file=" + c.file(servingFile),
		"--tls-private-key-file=" + c.file(servingKeyFile),
	}
}

func (c *ControlPlane) writeKubeletFiles() error {
	config, err := c.clientConfig(kubeletUser, "system:masters")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file(kwokFile), c.options.Kubelet, 0o600); err != nil {
		return err
	}
	return writeKubeconfig(c.file(kubeletFile), config, "default")
}

func (c *ControlPlane) writeAPIServerFiles() error {
	return os.WriteFile(c.file(auditPolicyFile), []byte(auditPolicy), 0o600)
}

func (c *ControlPlane) writeManagerFiles() error {
	config, err := c.clientConfig(managerUser, "system:masters")
	if err != nil {
		return err
	}
	return writeKubeconfig(c.file(managerFile), config, "default")
}

// file returns the path of a file in the control plane's directory.
func (c *ControlPlane) file(name string) string { return filepath.Join(c.dir, name) }

func writeKubeconfig(path string, config *rest.Config, namespace string) error {
	const name = "tests"
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters[name] = &clientcmdapi.Cluster{
		Server: config.Host, CertificateAuthorityData: config.CAData,
	}
	kubeconfig.AuthInfos[name] = &clientcmdapi.AuthInfo{
		Token: config.BearerToken, ClientCertificateData: config.CertData, ClientKeyData: config.KeyData,
	}
	kubeconfig.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	kubeconfig.CurrentContext = name
	if err := clientcmd.WriteToFile(*kubeconfig, path); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}
