//! The bounds that keep a stranger's repository from costing more time or memory than it should.
//!
//! Each bound that is met becomes a finding on that file; nothing is cut short in silence.

use std::time::Duration;

/// Largest file that is read, in bytes. The API server refuses objects over about 1.5 MiB; a rendered stream of a whole
/// cluster stays far below this.
pub const FILE_BYTES: u64 = 64 << 20;

/// Deepest nesting of collections, kubectl's own bound (`go.yaml.in/yaml/v2` `max_flow_level`, `max_indents`;
/// `encoding/json` `maxNestingDepth`).
pub const DEPTH: usize = 10_000;

/// Deepest nesting of an object that is rendered. The API server's own objects stay below 30, CRDs with schemas below 100.
pub const RENDERED_DEPTH: usize = 200;

/// Values in one document that is rendered. The largest CustomResourceDefinitions have about 60,000.
pub const RENDERED_NODES: usize = 2_000_000;

/// Objects of one kustomization. A whole cluster's are a few thousand.
pub const RENDERED_OBJECTS: usize = 20_000;

/// Values in the objects of one kustomization. Those of a whole cluster have some hundred thousand.
pub const KUSTOMIZATION_VALUES: usize = 2_000_000;

/// Values in the objects of all kustomizations of a repository, each counted once for each that takes it. An ordinary repository has
/// fewer than it has bytes: one more is allowed for each [`BYTES_FOR_A_VALUE`] of its files.
pub const KUSTOMIZATION_VALUES_IN_ALL: usize = 2_000_000;

/// See [`KUSTOMIZATION_VALUES_IN_ALL`].
pub const BYTES_FOR_A_VALUE: usize = 2;

/// What an object counts as, beside its values: each is judged on its own.
pub const VALUES_OF_AN_OBJECT: usize = 10;

/// Looks at objects and parts of them that the build of one kustomization may take.
pub const BUILD_STEPS: usize = 50_000_000;

/// Looks that the builds of all kustomizations of a repository may take, and more for each byte of its files.
pub const BUILD_STEPS_IN_ALL: usize = 200_000_000;

/// See [`BUILD_STEPS_IN_ALL`].
pub const BUILD_STEPS_FOR_A_BYTE: usize = 16;

/// Longest name, namespace, kind or `apiVersion` of an object in a kustomization, in bytes. The API server takes 253.
pub const IDENTITY_BYTES: usize = 1_024;

/// Files and folders that one kustomization names.
pub const NAMED_PATHS: usize = 20_000;

/// Steps from one kustomization to another that are gone in search of circles through folders above.
pub const CIRCLE_STEPS: usize = 10_000_000;

/// Bytes of a message that says why a kustomization is not built; what is quoted in it may be of any length.
pub const MESSAGE_BYTES: usize = 1_000;

/// Other places that are shown with why a kustomization is not built.
pub const RELATED_PLACES: usize = 10;

/// Steps over which kustomizations take one another. Real ones stay below ten.
pub const KUSTOMIZATION_LEVELS: usize = 64;

/// Components within components.
pub const COMPONENT_DEPTH: usize = 64;

/// Stack of a worker thread, in bytes. The decoder's does not grow with the depth of a document; that of what is made from its
/// tree may, up to [`DEPTH`].
pub const WORKER_STACK_BYTES: usize = 32 << 20;

/// Bytes of text that the aliases of one document may stand for. kubectl's own budget counts nodes only, so that one long
/// string and many aliases would take all memory, there as here.
pub const UNFOLDED_BYTES: u64 = 256 << 20;

/// Faults of one document that are kept beside the one it is refused for; a document with more is broken as a whole.
pub const FAULTS_PER_DOCUMENT: usize = 1_000;

/// Targets of one configuration; each is judged on its own.
pub const TARGETS: usize = 1_000;

/// Pairs of a SidecarSet and a workload that it selects, or may select. An ordinary repository has a handful for each workload.
pub const SELECTIONS: usize = 1_000_000;

/// Labels, annotations, images or replica counts that one field of a kustomization sets. Each is looked for in every object.
pub const INSTRUCTIONS: usize = 1_000;

/// Bytes that the generators of one kustomization put in ConfigMaps and Secrets. The API server takes 1 MiB for each.
pub const GENERATED_BYTES: usize = 16 << 20;

/// Bytes of the files that the generators of all kustomizations read.
pub const GENERATOR_FILES_BYTES: usize = 64 << 20;

/// Places that the configurations of one kustomization may name, in all.
pub const FIELD_SPECS: usize = 5_000;

/// Comparisons of the references of a kustomization with the objects that once had the name that they say. A reference of an ordinary
/// repository is compared with a handful.
pub const NAME_COMPARISONS: usize = 10_000_000;

/// Bytes of text that the variables of a delivery may make in one object: a value may be long, and be named often.
pub const SUBSTITUTED_BYTES: usize = 16 << 20;

/// How often the kustomizations are built, when those that are delivered turn out to be others by what came out. Twice is enough for all but
/// chains of deliveries that kustomizations change.
pub const DELIVERY_ROUNDS: usize = 3;

/// Applications that one `ApplicationSet` may make; a set of all folders of a large repository has some hundreds.
pub const GENERATED_APPLICATIONS: usize = 10_000;

/// Deepest nesting of the parameters of an `ApplicationSet`; what lies deeper is not read, and a template that asks for it not decided.
pub const PARAMETER_DEPTH: usize = 8;

/// Bytes of all files of one chart that is rendered. Helm itself takes no more than 100 MiB (`pkg/chart/loader/archive.go`).
pub const CHART_BYTES: u64 = 100 << 20;

/// Names that one chart within another has by the aliases of those around it; most have one.
pub const CHART_NAMES: usize = 1_000;

/// Bytes of all files of one kustomization that another program builds.
pub const COPIED_BYTES: u64 = 100 << 20;

/// How long another program may take for one kustomization; most take some hundredths of a second.
pub const KUSTOMIZE_TIME: Duration = Duration::from_secs(60);

/// How long other programs may take for all kustomizations of a repository.
pub const KUSTOMIZE_TIME_IN_ALL: Duration = Duration::from_secs(300);

/// Memory of another program, in bytes, where the system bounds it. kubectl takes some 100 MiB for a large kustomization.
pub const PROGRAM_MEMORY: u64 = 4 << 30;

/// How long Helm may take for one chart; a large one takes some seconds.
pub const HELM_TIME: Duration = Duration::from_secs(60);

/// How long git may take to list a revision; that of a large repository takes a second.
pub const GIT_TIME: Duration = Duration::from_secs(60);

/// Bytes of what Helm complains that are read; only the first line is shown.
pub const COMPLAINT_BYTES: u64 = 64 << 10;

/// Pairs of a line that was rendered and a line of its template that are compared; a large template has some thousands.
pub const LINES_COMPARED: usize = 10_000_000;

/// Looks at parts of objects that the patches of one field of a kustomization may take. Most are comparisons of two items of a list.
pub const PATCH_STEPS: usize = 40_000_000;

/// Values that the patches of one field of a kustomization may put into its objects, all together. A patch of 500 values for each of
/// 1,000 objects stays below.
pub const PATCH_VALUES: usize = 1_000_000;

/// Longest regular expression or label selector of a patch's target, in bytes.
pub const TARGET_BYTES: usize = 4_096;

/// Size of a compiled regular expression of a patch's target, in bytes.
pub const PATTERN_BYTES: usize = 1 << 20;

/// Comments of one file, lines of one annotation, and rules of one configuration that suppress findings. Each is held against each finding
/// around it.
pub const SUPPRESSIONS: usize = 1_000;

/// Policies that one suppression names. The program itself has fewer than half as many.
pub const SUPPRESSED_POLICIES: usize = 200;

/// What `vars` or the `replacements` of one kustomization may put into its objects in all, in bytes, a value that is no text counted as a
/// few. Real ones stay below a thousandth of it.
pub const REPLACED_BYTES: usize = 64 << 20;

/// Looks at objects and fields that the `replacements` of one kustomization may take.
pub const REPLACEMENT_STEPS: usize = 5_000_000;

/// Places of one value that replaced one another, which are remembered. Ordinary values have two or three.
pub const PLACES_REMEMBERED: usize = 64;

/// Parts of a schema that `openapi` names. That of a cluster with many custom resources has some hundred thousand.
pub const SCHEMA_DEFINITIONS: usize = 2_000_000;

/// Replacements of one kustomization.
pub const REPLACEMENTS: usize = 100_000;
