// Reads what is in deploy/ and compose.yaml by the libraries that the tools themselves are made of, and prints what they
// make of it: `manifests kustomize FOLDER` as `kustomize build` does, `manifests compose FILE` as `docker compose config`.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: manifests kustomize FOLDER | manifests compose FILE"))
	}
	made, err := read(os.Args[1], os.Args[2])
	if err != nil {
		fail(err)
	}
	if _, err := os.Stdout.Write(made); err != nil {
		fail(err)
	}
}

func read(kind, path string) ([]byte, error) {
	switch kind {
	case "kustomize":
		resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), path)
		if err != nil {
			return nil, err
		}
		return resources.AsYaml()
	case "compose":
		options, err := cli.NewProjectOptions([]string{path})
		if err != nil {
			return nil, err
		}
		project, err := options.LoadProject(context.Background())
		if err != nil {
			return nil, err
		}
		return project.MarshalYAML()
	}
	return nil, fmt.Errorf("nothing is known of %q", kind)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
