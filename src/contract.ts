// GENERATED from kfnb_ext/model by `python -m kfnb_ext.model.typescript`. Do not edit.
// Integers are bytes unless the name says otherwise, ratios are 0..1. Unknown is null, never 0.

export type EvidenceKind = 'kernel_busy' | 'kernel' | 'terminal' | 'process' | 'gpu' | 'save' | 'application' | 'file' | 'operation' | 'keep_awake';

export type Severity = 'info' | 'warning' | 'error';

export type Section = 'limits' | 'shm' | 'volumes';

export type EngineName = 'local' | 'csi';

export type GrowWay = 'online' | 'switch';

export type Platform = 'kubeflow' | 'openshift' | 'workspaces' | 'hub' | 'pod' | 'none';

export type Unit = 'bytes' | 'count' | 'cores';

export type Binding = 'Immediate' | 'WaitForFirstConsumer';

export type AbilityName = 'snapshots' | 'groups' | 'restore' | 'new_notebook' | 'guardian' | 'grow' | 'patch' | 'stop' | 'classes' | 'quota';

export type Culler = 'kubeflow' | 'openshift' | 'workspaces' | 'hub' | 'unknown' | 'off';

export type Sight = 'looks' | 'not_yet' | 'never' | 'stopped' | 'cannot_reach' | 'refused' | 'not_asked';

export type PackageSource = 'python' | 'conda';

export type Way = 'trash' | 'delete';

export type ItemKind = 'directory' | 'file' | 'rest';

export type GpuState = 'ok' | 'lost' | 'reset_required' | 'error';

export type GpuSharing = 'exclusive' | 'mig' | 'time_sliced_or_shared' | 'mps' | 'unknown';

export type GpuMemoryKind = 'dedicated' | 'unified' | 'coherent';

export type GpuPidMode = 'namespaced' | 'host' | 'none' | 'unknown';

export type GpuConfidence = 'exact' | 'lower_bound' | 'unknown';

export type GpuHolderKind = 'kernel' | 'terminal' | 'server' | 'pod' | 'orphan';

export type Level = 'good' | 'warning' | 'alarm';

export type OperationKind = 'create' | 'restore' | 'undo' | 'delete' | 'verify' | 'prune' | 'recover' | 'scan' | 'remove' | 'empty' | 'grow' | 'patch' | 'stop' | 'restart' | 'release';

export type OperationState = 'running' | 'succeeded' | 'failed' | 'cancelled';

export type Face = 'server' | 'kernel' | 'shell';

export type ShmOrigin = 'runtime_default' | 'empty_dir' | 'empty_dir_unbounded' | 'node_half' | 'host' | 'unknown';

export type HolderKind = 'kernel' | 'server' | 'orphan' | 'other';

export type SnapshotReason = 'manual' | 'before_restore' | 'before_undo' | 'before_growth' | 'schedule';

export type EntryType = 'file' | 'directory' | 'symlink';

export type Problem = 'changed' | 'missing' | 'added' | 'unreadable';

export type SnapshotState = 'ready' | 'pending' | 'failed' | 'deleting';

export type Power = 'browse' | 'verify' | 'paths' | 'in_place' | 'new_notebook' | 'data_volume';

export type RestoreWay = 'in_place' | 'new_notebook' | 'data_volume';

export type VolumeKind = 'block' | 'network' | 'node_local' | 'empty_dir' | 'memory' | 'container_layer' | 'host' | 'unknown';

export type Scope = 'own' | 'shared' | 'unknown';

/**
 * A sign of use.
 *
 * `at` is the last moment for which it vouches (None: it cannot say); `active` says that
 * it goes on right now, since `since` (None: not known). Figures of None are unknown.
 */
export interface Evidence {
  readonly kind: EvidenceKind;
  readonly source: string; // id of the kernel, terminal, operation
  readonly at: string | null; // ISO 8601, UTC
  readonly active: boolean;
  readonly since: string | null; // ISO 8601, UTC
  readonly text: string; // what a person reads
  readonly cpu: number | null; // cores used
  readonly io: number | null; // bytes per second, read and written
  readonly gpu: number | null; // share of time in which its own processes ran on the GPU, 0..1
  readonly quiet_since: string | null; // a busy kernel: no CPU, GPU, output, client since then; ISO 8601, UTC
}

/** One reason of the verdict: "kernel demo.ipynb is busy", and since when that holds. */
export interface Reason {
  readonly text: string;
  readonly since: string | null; // ISO 8601, UTC
  readonly kind: EvidenceKind | null;
}

/** The last use known so far. */
export interface Use {
  readonly at: string; // ISO 8601, UTC
  readonly text: string;
  readonly kind: EvidenceKind | null;
}

/** The verdict: in use or not, since when, and why. */
export interface Activity {
  readonly kind: 'activity';
  readonly in_use: boolean;
  readonly since: string; // in use: since when; idle: when it was last used; ISO 8601, UTC
  readonly last_use: string; // never moves backward; ISO 8601, UTC
  readonly reasons: readonly Reason[];
  readonly unknown: readonly string[]; // what could not be seen, and so speaks neither for nor against
  readonly known: boolean;
}

/** One trouble, and the way out. */
export interface Advice {
  readonly id: string; // "shm_small", "volume_full /home/jovyan"
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly patch: string; // YAML, with the command that applies it; empty: none helps
  readonly section: Section;
}

/**
 * Make a claim larger: to `20Gi`, or by `+5Gi`. `way`: what the preview has shown.
 *
 * `unguarded`: go on by `switch` though no guardian can roll it back.
 */
export interface GrowRequest {
  readonly size: string;
  readonly way?: GrowWay;
  readonly unguarded?: boolean;
}

/** What a growth would do. Nothing has been changed. */
export interface GrowPlan {
  readonly claim: string;
  readonly mount: string; // in this pod; empty: it is not mounted here
  readonly size: number | null; // bytes that the claim has
  readonly wanted: number | null; // bytes that it would have
  readonly way: GrowWay;
  readonly findings: readonly string[]; // sentences a person should read first
  readonly possible: boolean; // False: findings say why not
  readonly objects: readonly PlanObject[];
  readonly restart: boolean; // the notebook restarts: kernels and terminals end
  readonly guardian: boolean; // False: nobody could roll it back while the pod is away
}

/**
 * Apply the patch of an advice to the Notebook, by the advice's `id`.
 *
 * `shown`: the YAML that the preview showed; where it would be another by now, nothing is
 * changed. Empty: whatever it is now.
 */
export interface PatchRequest {
  readonly advice: string;
  readonly shown?: string;
}

/** What the patch of an advice, or its undo, would change in the Notebook. */
export interface PatchPlan {
  readonly advice: string;
  readonly title: string;
  readonly yaml: string; // the operations, as they would be sent
  readonly findings: readonly string[];
  readonly possible: boolean;
  readonly restart: boolean; // the pod restarts: kernels and terminals end
}

/** A patch that was applied to the Notebook. */
export interface Patched {
  readonly id: string;
  readonly advice: string;
  readonly title: string;
  readonly at: string; // ISO 8601, UTC
  readonly by: string;
  readonly undone: boolean;
}

/** The patches applied to this Notebook, newest first. `note`: why none can be told. */
export interface PatchList {
  readonly patches: readonly Patched[];
  readonly note: string;
}

/** Stop or restart this notebook; with `snapshot` only once that has succeeded. */
export interface StopRequest {
  readonly snapshot?: EngineName | null;
  readonly reason?: string;
}

/** A PersistentVolumeClaim. Sizes in bytes; what needs a class that cannot be read is None. */
export interface Claim {
  readonly name: string;
  readonly uid: string;
  readonly phase: string; // Pending, Bound, Lost
  readonly storage_class: string | null;
  readonly driver: string | null; // who provisions it: hostpath.csi.k8s.io
  readonly access_modes: readonly string[];
  readonly volume_mode: string;
  readonly requested: number | null;
  readonly capacity: number | null;
  readonly expandable: boolean | null; // None: the class cannot be read
  readonly binding: Binding | null;
  readonly resizing: string; // the stage of a growth that is under way, in words
  readonly going: boolean; // it is being deleted
}

/** A claim as this pod mounts it. */
export interface Mounted {
  readonly claim: Claim;
  readonly volume: string; // its name in the pod's spec
  readonly mount: string;
  readonly sub_path: string;
  readonly read_only: boolean;
  readonly workspace: boolean;
}

/** Where this server runs. Empty: not known. */
export interface Place {
  readonly platform: Platform;
  readonly namespace: string;
  readonly notebook: string;
  readonly pod: string;
  readonly pod_uid: string;
  readonly container: string;
  readonly node: string;
  readonly image: string;
  readonly digest: string; // repository@sha256:..., as the node runs it
  readonly service_account: string;
  readonly mounted: readonly Mounted[];
  readonly lost: readonly string[]; // claims that the pod mounts and the cluster does not have
}

/** Something that can be done from here; `allowed` None: the cluster did not tell. */
export interface Ability {
  readonly name: AbilityName;
  readonly allowed: boolean | null;
  readonly text: string; // what it is, or why not
  readonly hint: string;
}

/** One line of a ResourceQuota. Bytes for storage and memory, else a count (cores for CPU). */
export interface QuotaLine {
  readonly quota: string;
  readonly resource: string; // persistentvolumeclaims, requests.storage, ...
  readonly name: string; // what it is about, in words
  readonly hard: number;
  readonly used: number | null; // None: the cluster has not counted yet
  readonly left: number | null;
  readonly unit: Unit;
  readonly text: string; // the line as a sentence
}

/** An object that a restore left behind: kept until the user lets it go. */
export interface Kept {
  readonly kind: 'claim' | 'snapshot' | 'notebook' | 'job';
  readonly name: string;
  readonly why: string;
  readonly size: number | null;
  readonly since: string | null; // ISO 8601, UTC
  readonly can_go: boolean; // False: something still uses it; ``why`` says what
}

/** The cluster as seen from this notebook. */
export interface Cluster {
  readonly kind: 'cluster';
  readonly taken: string; // ISO 8601, UTC
  readonly place: Place;
  readonly abilities: readonly Ability[];
  readonly quotas: readonly QuotaLine[];
  readonly kept: readonly Kept[];
  readonly role: string; // YAML to send to the administrator; empty: nothing is missing
  readonly notes: readonly string[]; // what could not be read, and why
}

/** A person asked that the notebook be kept, until a time and for a reason. */
export interface KeepAwake {
  readonly until: string; // ISO 8601, UTC
  readonly since: string; // ISO 8601, UTC
  readonly reason: string;
  readonly by: string;
}

/** Keep the notebook awake; asked again, it is extended or shortened. */
export interface KeepAwakeRequest {
  readonly seconds: number; // seconds from now on
  readonly reason?: string;
}

/** What is asked for at the moment, and how much may be. */
export interface KeepAwakeState {
  readonly current: KeepAwake | null;
  readonly allowed_seconds: number; // seconds at once; 0: the administrator does not allow it
}

/** When the pod stops, in which case it does not, and why. */
export interface StopForecast {
  readonly stops_at: string | null; // None: not while it is used, or not known; ISO 8601, UTC
  readonly known: boolean;
  readonly text: string;
  readonly hint: string;
}

/** Who stops this pod, as far as it can be seen from inside. */
export interface Culling {
  readonly kind: 'culling';
  readonly culler: Culler;
  readonly sight: Sight;
  readonly last_look: string | null; // when it last asked this server; ISO 8601, UTC
  readonly period_seconds: number | null; // between two looks
  readonly idle_minutes: number | null; // without use, after which it stops the pod; None: not known
  readonly forecast: StopForecast;
  readonly text: string; // what is seen of the culler, in words
  readonly hint: string; // what to tell the administrator
  readonly heartbeat: string; // what became of the last writing to the Notebook; empty: none was needed
}

/** The culler's own requests, as this server saw them. */
export interface Looks {
  readonly started: string; // since when this server listens; ISO 8601, UTC
  readonly kernels: readonly string[]; // GET api/kernels, the last ones; ISO 8601, UTC
  readonly shortest: number | null; // seconds between two of them, of all: its own period
  readonly terminals: boolean; // GET api/terminals too: OpenShift's culler
  readonly status: readonly string[]; // GET api/status, the last ones: Notebooks 2.0; ISO 8601, UTC
  readonly checks_elsewhere: boolean; // its mark on the Notebook moves, though it never came here
  readonly refused: boolean; // the last one was not answered with the kernels
  readonly asked_to_wait: string | null; // by our lease; until then its silence means nothing; ISO 8601, UTC
}

/** What the environment says of where this pod belongs. */
export interface Identity {
  readonly culler: Culler;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly cluster: boolean; // False: this is no pod, so no cluster stops it
}

/** What Notebooks 2.0 tells in the status of the Workspace. */
export interface Rule {
  readonly idle_seconds: number | null; // without use, then it is paused; None: no rule pauses it
  readonly eligible: string | null; // from when on the next look pauses it; ISO 8601, UTC
  readonly looked: string | null; // when its probe last ended; ISO 8601, UTC
  readonly failed: string; // why that probe failed; a failed one pauses nothing
}

/** One installed package. `origin`: where it came from, when not from an index. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly source: PackageSource;
  readonly origin: string;
}

/** One Python, or one prefix of conda, with all that is installed in it. */
export interface Interpreter {
  readonly path: string;
  readonly version: string; // of Python
  readonly kernels: readonly string[]; // those that run in it, by name; the server itself is ""
  readonly packages: readonly Package[];
}

/** A kernel that can be started. */
export interface Kernel {
  readonly name: string;
  readonly title: string;
  readonly language: string;
  readonly program: string;
}

/** A Git repository of the workspace. What differs from its commit, the snapshot holds. */
export interface Repository {
  readonly path: string; // from the top of the workspace; "": the workspace itself
  readonly branch: string; // empty: none is checked out
  readonly commit: string; // empty: it has none yet
  readonly remotes: { readonly [key: string]: string }; // name -> URL, without credentials
}

/** All of it at one moment. */
export interface Environment {
  readonly kind: 'environment';
  readonly taken: string; // ISO 8601, UTC
  readonly interpreters: readonly Interpreter[];
  readonly kernels: readonly Kernel[];
  readonly repositories: readonly Repository[];
  readonly image: string;
  readonly digest: string; // repository@sha256:..., as the node runs it
  readonly driver: string; // of the GPUs
  readonly gpus: readonly string[];
  readonly variables: readonly string[]; // names of the server's; never values
  readonly notebook: string; // the Notebook's spec as JSON, without values of variables
  readonly notes: readonly string[];
}

/** One thing that is otherwise; empty: not there. */
export interface Changed {
  readonly what: string; // "package", "Python", "image", ...
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What changed since a snapshot; `notes` say what cannot be compared. */
export interface EnvironmentChanges {
  readonly since: string; // ISO 8601, UTC
  readonly changes: readonly Changed[];
  readonly notes: readonly string[];
}

/** A file to keep: requirements, or a Notebook. */
export interface Text {
  readonly kind: 'text';
  readonly name: string;
  readonly text: string;
}

/** A kind of folder that tools make, and what deleting it costs. */
export interface Cache {
  readonly name: string;
  readonly cost: string;
  readonly safe: boolean; // all of it comes back by itself when it is needed
}

/** A folder or file, or the rest of a folder that is not named. */
export interface Item {
  readonly name: string;
  readonly path: string; // from the top of the scan
  readonly kind: ItemKind;
  readonly bytes: number; // what it takes on the disk, with all below it
  readonly files: number;
  readonly cache: Cache | null;
}

/** One folder of the last scan. Files of several names count once, where they are met first. */
export interface Filling {
  readonly top: string; // the folder that was scanned
  readonly path: string; // the folder shown, from the top; "" is the top
  readonly bytes: number;
  readonly files: number;
  readonly items: readonly Item[]; // the largest first
  readonly caches: readonly Item[]; // of the whole scan; only with the top
  readonly largest: readonly Item[]; // the largest files of the whole scan; only with the top
  readonly taken: string | null; // None: not scanned yet; ISO 8601, UTC
  readonly seconds: number; // how long the scan took
  readonly reused: number; // folders taken from the scan before, since they were unchanged
  readonly folders: number;
  readonly unreadable: number; // folders that may not be read: what is in them is not counted
  readonly other_filesystems: number; // folders where another filesystem begins, which is not counted
  readonly trash: number | null; // bytes in the trash; None: it was not in the scan
}

/** Scan the workspace. `full`: list every folder again, also those that seem unchanged. */
export interface ScanRequest {
  readonly full?: boolean;
}

/** Remove a file or folder of the workspace: into the trash, or for good. */
export interface RemoveRequest {
  readonly path: string; // from the top of the workspace
  readonly how?: Way;
}

/** Delete for good what lies in the trash. */
export interface EmptyRequest {
}

/** What ran between two readings, of one GPU or slice alone (GPM; Hopper and later). */
export interface GpuActivity {
  readonly window_s: number; // seconds between the two readings
  readonly sm: number | null; // share of time in which multiprocessors were busy
  readonly occupancy: number | null; // of their warps
  readonly tensor: number | null; // share of time in which tensor cores were busy
  readonly memory_bandwidth: number | null; // share of the highest
  readonly graphics: number | null; // share of time in which any engine was busy
}

/** What one framework in one process says of its memory on one GPU. */
export interface Framework {
  readonly name: string; // torch, jax, tensorflow, cupy
  readonly device: string; // as the framework counts: "cuda:0"
  readonly uuid: string | null; // of the GPU or slice without the word before it, where it tells
  readonly allocated: number; // bytes in use
  readonly reserved: number | null; // bytes taken from the driver, those in use among them
  readonly peak: number | null; // the most bytes that were in use at once
}

/** What a kernel leaves for whoever asks whose memory it is. It is never asked itself. */
export interface FrameworkUse {
  readonly pid: number;
  readonly start_ticks: number | null;
  readonly taken: string; // ISO 8601, UTC
  readonly frameworks: readonly Framework[];
}

/** A process of this pod that holds a GPU. */
export interface GpuProcess {
  readonly pid: number;
  readonly start_ticks: number; // with the pid, what to name when it is to be ended
  readonly command: string;
  readonly memory: number | null; // bytes on this GPU or slice
  readonly confidence: GpuConfidence; // of the memory; lower_bound: its framework knows of so much
  readonly utilisation: number | null; // its own share of the GPU's time
  readonly holder: GpuHolderKind;
  readonly source: string | null; // id of the kernel it belongs to
  readonly name: string | null; // its notebook, where known
  readonly can_end: boolean; // it is of our own user, and nobody's
  readonly visible_devices: string | null; // its CUDA_VISIBLE_DEVICES
  readonly missing: { readonly [key: string]: string };
}

/** A part of a GPU with memory and multiprocessors of its own (MIG). */
export interface MigSlice {
  readonly uuid: string;
  readonly slot: number;
  readonly gpu_instance: number | null;
  readonly compute_instance: number | null;
  readonly profile: string | null; // 1g.5gb
  readonly multiprocessors: number | null;
  readonly gpu_slices: number | null;
  readonly compute_slices: number | null;
  readonly memory_total: number | null; // bytes
  readonly memory_used: number | null; // bytes, of everybody on this slice
  readonly memory_own: number | null; // bytes, of this pod's processes
  readonly activity: GpuActivity | null;
  readonly processes: readonly GpuProcess[];
  readonly held_idle_since: string | null; // memory is held and nothing was seen to compute since; ISO 8601, UTC
  readonly missing: { readonly [key: string]: string };
}

/**
 * One GPU. A field that could not be had is `None` and `missing` says why.
 *
 * What is asked for less often (processes, temperature, power, clocks, errors, slices) is at
 * most ten seconds older than the reading.
 */
export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly state: GpuState;
  readonly sharing: GpuSharing;
  readonly memory_kind: GpuMemoryKind | null;
  readonly memory_total: number | null; // bytes
  readonly memory_used: number | null; // bytes, of everybody on this GPU and of the driver
  readonly memory_reserved: number | null; // bytes, of the driver
  readonly memory_own: number | null; // bytes, of this pod's processes
  readonly memory_others: number | null; // bytes, of other pods
  readonly utilisation: number | null; // share of time in which a kernel ran, 0..1
  readonly activity: GpuActivity | null;
  readonly temperature_c: number | null;
  readonly power_milliwatts: number | null;
  readonly power_limit_milliwatts: number | null;
  readonly sm_clock_mhz: number | null;
  readonly memory_clock_mhz: number | null;
  readonly throttling: readonly string[] | null; // why its clocks are held down; none: empty
  readonly ecc_uncorrected: number | null; // memory errors that could not be corrected, since a reset
  readonly xid: number | null; // number of the last error the driver told of
  readonly xid_at: string | null; // when it was seen; ISO 8601, UTC
  readonly pcie_rx: number | null; // bytes per second
  readonly pcie_tx: number | null; // bytes per second
  readonly mig_enabled: boolean | null;
  readonly slices: readonly MigSlice[];
  readonly processes: readonly GpuProcess[];
  readonly held_idle_since: string | null; // memory is held and nothing was seen to compute since; ISO 8601, UTC
  readonly missing: { readonly [key: string]: string };
}

/** What one kernel, terminal or process of the pod holds on all GPUs together. */
export interface GpuHolder {
  readonly kind: GpuHolderKind;
  readonly source: string | null; // id of the kernel
  readonly name: string; // its notebook, else its command
  readonly pids: readonly number[];
  readonly memory: number | null; // bytes
  readonly confidence: GpuConfidence; // of the memory
  readonly utilisation: number | null; // the most of all GPUs
  readonly frameworks: readonly Framework[];
  readonly visible_devices: string | null; // its CUDA_VISIBLE_DEVICES
  readonly idle_since: string | null; // it holds memory and was not seen to compute since; ISO 8601, UTC
  readonly missing: { readonly [key: string]: string };
}

/** All GPUs granted to this pod. No GPU at all is `Unavailable` with the reason. */
export interface Gpus {
  readonly kind: 'gpus';
  readonly driver_version: string | null;
  readonly nvml_version: string | null;
  readonly gpus: readonly Gpu[];
  readonly taken: string | null; // ISO 8601, UTC
  readonly pid_mode: GpuPidMode; // whose pids the driver tells
  readonly holders: readonly GpuHolder[];
  readonly notes: readonly string[]; // what a person should know of all of them together
}

/** End a process that holds a GPU and belongs to nobody. */
export interface GpuEndRequest {
  readonly pid: number;
  readonly start_ticks: number;
  readonly force?: boolean; // SIGKILL, for one that did not heed SIGTERM
}

/** What became of it. */
export interface GpuEnded {
  readonly pid: number;
  readonly command: string;
  readonly ended: boolean; // False: it was asked to, and still runs
  readonly message: string;
}

/** One moment of a cell. */
export interface GpuCellPoint {
  readonly at: number; // seconds since the cell began
  readonly memory: number | null; // bytes in use by everybody
  readonly share: number | null; // of the time in which the GPU computed
}

/** What one cell did to one GPU or slice. `before` and `after` are in bytes. */
export interface GpuCellUse {
  readonly uuid: string;
  readonly name: string;
  readonly memory_total: number | null; // bytes
  readonly before: number | null; // in use by everybody
  readonly after: number | null;
  readonly peak: number | null; // the most at any look
  readonly own_before: number | null; // of this kernel
  readonly own_after: number | null;
  readonly others: number | null; // of other pods, after the cell
  readonly share_mean: number | null; // of the time in which the GPU computed
  readonly share_most: number | null;
  readonly power_milliwatts: number | null; // mean, of the board
  readonly energy_joules: number | null; // of the board
  readonly throttling: readonly string[] | null; // what held its clocks down at the end
  readonly points: readonly GpuCellPoint[];
  readonly missing: { readonly [key: string]: string };
}

/** What one cell did to the GPUs. `reason` says why nothing of them could be read. */
export interface GpuCell {
  readonly seconds: number;
  readonly readings: number;
  readonly gpus: readonly GpuCellUse[];
  readonly frameworks: readonly Framework[];
  readonly shm_peak: number | null; // bytes
  readonly shm_total: number | null; // bytes
  readonly reason: string;
}

/** From which share (0..1) on there is a warning, and an alarm. */
export interface Levels {
  readonly warning: number;
  readonly alarm: number;
}

/** Shares of time (0..1) in which work waited for it: some of it, or all of it at once. */
export interface Pressure {
  readonly some_10s: number;
  readonly some_60s: number;
  readonly full_10s: number | null; // None: this kernel does not count it
  readonly full_60s: number | null;
}

/** A kernel that died within seconds of an OOM kill in our cgroup. */
export interface Kill {
  readonly kernel: string; // its id
  readonly name: string; // the notebook
  readonly pid: number;
  readonly at: string; // ISO 8601, UTC
  readonly memory: number | null; // bytes that it had resident at the last look before
  readonly limit: number | null; // bytes; the pod's limit then
}

/**
 * The cgroup that this process lives in.
 *
 * `memory_working_set` is current minus inactive file pages: the figure the kubelet evicts on. A
 * limit of `None` means that no limit is set; then the node's total stands apart in
 * `node_memory_total`. A limit is the tightest that counts here, also one set on a cgroup above;
 * one above the node's memory ends where that does, and `memory_limit_set` is what was asked
 * for. Nothing is killed at `memory_high`, but from there on the kernel slows down.
 * `cpu_usage_cores` needs two readings: `None` at the first. Where this process lives in the
 * root cgroup (no container, no service manager) its figures would be the node's: they are
 * `None` then, and `node_cpu_usage_cores` stands apart.
 */
export interface Limits {
  readonly kind: 'limits';
  readonly cgroup_version: number; // 1 or 2
  readonly memory_current: number | null; // bytes
  readonly memory_working_set: number | null; // bytes
  readonly memory_limit: number | null; // bytes; None: no limit
  readonly memory_shm: number | null; // bytes of shared memory charged to the cgroup
  readonly oom_kills: number | null; // since the container started
  readonly cpu_usage_cores: number | null; // over the time since the last reading
  readonly cpu_limit_cores: number | null; // quota / period; None: no limit
  readonly cpu_available_cores: number; // CPUs this process may run on
  readonly cpu_throttled_ratio: number | null; // share of periods throttled since the last reading, 0..1
  readonly processes: number | null;
  readonly processes_limit: number | null;
  readonly node_memory_total: number | null; // bytes, of the node; never the pod's
  readonly node_cpu_usage_cores: number | null;
  readonly memory_peak: number | null; // bytes; the most since the container started
  readonly memory_limit_set: number | null; // bytes; only where it is above the node's memory
  readonly memory_high: number | null; // bytes; None: no such level
  readonly swap_used: number | null; // bytes
  readonly swap_limit: number | null; // bytes that may be swapped out; 0: none
  readonly memory_pressure: Pressure | null;
  readonly cpu_pressure: Pressure | null;
  readonly io_pressure: Pressure | null;
  readonly kills: readonly Kill[]; // kernels that the memory limit took, the last one first
  readonly missing: { readonly [key: string]: string }; // field -> why it is None
}

/** Who runs it. `started_ticks` (from /proc) tells a process from a later one of its pid. */
export interface Owner {
  readonly pid: number;
  readonly started_ticks: number | null;
  readonly host: string;
  readonly face: Face;
  readonly user: string;
}

/** One operation. `done` and `total` count in `unit`; total None: not known yet. */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly engine: string;
  readonly title: string; // for a person: 'snapshot "before cleanup"'
  readonly state: OperationState;
  readonly owner: Owner;
  readonly started: string; // ISO 8601, UTC
  readonly updated: string; // ISO 8601, UTC
  readonly ended: string | null; // ISO 8601, UTC
  readonly phase: string; // what it does right now, in words
  readonly done: number;
  readonly total: number | null;
  readonly unit: 'bytes' | 'files' | 'steps';
  readonly cancel_requested: boolean;
  readonly snapshot: string | null; // id of the snapshot that it is about or has made
  readonly restore: string | null; // id of the restore that it has made
  readonly verification: readonly Verification[]; // what a verify found
  readonly message: string; // how it ended, for a person
  readonly hint: string;
}

/** A reading that could not be had. `reason` is a sentence, `hint` the way out. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
  readonly hint: string;
}

/** Which snapshots a retention keeps and which it would delete. */
export interface PrunePlan {
  readonly keep: readonly string[];
  readonly delete: readonly string[];
  readonly bytes_freed: number | null; // an estimate; None when unknown
}

/** Keep the last N, the newest of each of the last N days, and of each of the last N weeks. */
export interface Retention {
  readonly last?: number | null;
  readonly daily?: number | null;
  readonly weekly?: number | null;
}

/**
 * Delete what the retention does not keep; with `dry_run` only say what that would be.
 *
 * `delete` names what the preview showed: if that has changed meanwhile, nothing is deleted.
 */
export interface PruneRequest {
  readonly engine?: EngineName;
  readonly retention?: Retention | null; // None: the configured one
  readonly dry_run?: boolean;
  readonly delete?: readonly string[] | null;
}

/** One process. Pid and start together tell it from a later one of the same pid. */
export interface Task {
  readonly pid: number;
  readonly started_ticks: number;
  readonly command: string; // what runs, never its arguments
}

/**
 * A notebook or a program, and what its processes hold of /dev/shm.
 *
 * What several holders share counts for each of them. An orphan is what a killed kernel has left:
 * it is listed also when it holds nothing here, for it holds memory.
 */
export interface Holder {
  readonly kind: HolderKind;
  readonly source: string; // a kernel's id, else a pid
  readonly name: string; // the notebook, else what runs
  readonly bytes: number | null; // in /dev/shm; None: not ours to see
  readonly hidden: number | null; // of it in deleted files
  readonly memory: number; // bytes that its processes have resident, shared pages counted for each
  readonly tasks: readonly Task[]; // its processes that hold something here; of an orphan all
}

/** A file that no process that we see has mapped. `refused` says why it is not removed. */
export interface Leftover {
  readonly name: string;
  readonly bytes: number;
  readonly age: number; // seconds since it was last written
  readonly maker: string; // who makes files of such names; empty: not known
  readonly refused: string;
}

/** The tmpfs at /dev/shm. `hidden` is memory of deleted files that are still mapped. */
export interface Shm {
  readonly kind: 'shm';
  readonly total: number; // bytes
  readonly used: number; // bytes
  readonly listed: number | null; // bytes of files that a listing shows
  readonly hidden: number | null; // used - listed
  readonly origin: ShmOrigin;
  readonly counts_against_memory: boolean | null; // its pages are charged to the pod's memory limit
  readonly holders: readonly Holder[] | null; // those of most first; None: not looked at
  readonly leftovers: readonly Leftover[] | null; // the largest first
  readonly fills: number | null; // bytes per second, over the last readings; None: not known
  readonly missing: { readonly [key: string]: string };
}

/** End these orphans. Whoever is no orphan any more, or another process by now, is left. */
export interface EndRequest {
  readonly tasks: readonly Task[];
}

/** Remove these leftovers, by name. */
export interface ClearRequest {
  readonly names: readonly string[];
}

/** What was ended or removed, and what was not and why. */
export interface Cleared {
  readonly done: readonly string[];
  readonly left: { readonly [key: string]: string }; // name -> why
  readonly freed: number; // bytes of files that were removed; ended processes free theirs later
}

/** What a data loader takes of /dev/shm at its peak, against what there is. */
export interface Need {
  readonly workers: number;
  readonly prefetch: number;
  readonly batch: number; // bytes
  readonly need: number; // bytes
  readonly total: number; // bytes
  readonly free: number; // bytes
  readonly fits: boolean; // into what is free now
}

/** Something of the workspace that the snapshot does not hold, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** One claim of a snapshot that the cluster keeps, and the object that keeps it. */
export interface SnapshotVolume {
  readonly claim: string;
  readonly mount: string;
  readonly object: string; // the VolumeSnapshot's name; empty: the group has not made it yet
  readonly ready: boolean | null; // None: the driver has said nothing yet
  readonly size: number | null; // bytes that a claim made from it needs at least
  readonly error: string; // the last one; the cluster goes on trying
}

/**
 * A volume as it was.
 *
 * `complete` is False when something that should be in it is not (`left_out` names it).
 * `bytes_added` is what this snapshot cost on the volume, `bytes_total` what it holds; None
 * where the engine cannot tell.
 */
export interface Snapshot {
  readonly id: string;
  readonly engine: string;
  readonly name: string;
  readonly created: string; // ISO 8601, UTC
  readonly reason: SnapshotReason;
  readonly complete: boolean;
  readonly files: number | null;
  readonly bytes_total: number | null;
  readonly bytes_added: number | null;
  readonly excluded: readonly string[]; // patterns in force
  readonly left_out: readonly LeftOut[]; // at most 1000 are named
  readonly left_out_count: number;
  readonly durable: boolean; // False: it is lost together with the volume it lies on
  readonly place: string; // where a person finds it (a folder, for `local`)
  readonly state: SnapshotState;
  readonly error: string; // why it is not ready
  readonly note: string;
  readonly volumes: readonly SnapshotVolume[]; // of an engine that keeps volumes
  readonly together: boolean; // False: its volumes were cut one after another
  readonly warnings: readonly string[]; // sentences that a person should read before relying on it
}

/** An engine, whether it can be used here, and if not why. */
export interface EngineInfo {
  readonly engine: string;
  readonly available: boolean;
  readonly reason: string;
  readonly hint: string;
  readonly used: number | null; // bytes that its snapshots take
  readonly allowed: number | null; // bytes that they may take
  readonly note: string; // what a person should know before relying on it
  readonly can: readonly Power[];
  readonly role: string; // YAML to send to the administrator, where a right is missing
  readonly against: string; // why no snapshot can be taken now; empty: nothing is known against it
  readonly absent: boolean; // there is nothing it could work with here, and nobody misses it
}

/** A claim that took another's place in the Notebook; the old one is kept. */
export interface Switch {
  readonly volume: string; // its name in the Notebook's spec
  readonly mount: string;
  readonly old: string;
  readonly new: string;
}

/** A restore that was made, and whether it can be undone. */
export interface Restore {
  readonly id: string;
  readonly engine: string;
  readonly snapshot: string;
  readonly safety: string | null; // the snapshot taken before it
  readonly paths: readonly string[]; // empty: the whole workspace
  readonly exact: boolean;
  readonly ended: string; // ISO 8601, UTC
  readonly undone: boolean;
  readonly undo_of: string | null; // this restore is itself the undo of that one
  readonly kept: readonly string[]; // versions that appeared while it ran, moved here and kept
  readonly way: RestoreWay;
  readonly switches: readonly Switch[]; // the claims that were exchanged
  readonly notebook: string; // the notebook that was made beside this one
  readonly grown: number | null; // it was a growth by exchange: the bytes that were asked for
}

/** All snapshots, newest first, with the engines and the restores that can be undone. */
export interface SnapshotList {
  readonly engines: readonly EngineInfo[];
  readonly snapshots: readonly Snapshot[];
  readonly restores: readonly Restore[];
}

/** One file or folder inside a snapshot, with its true figures. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly type: EntryType;
  readonly size: number | null; // bytes; None for folders
  readonly modified: string; // ISO 8601, UTC
  readonly mode: number;
  readonly target: string | null; // of a symbolic link
}

/** The folder `path` of a snapshot ("" is the top). */
export interface EntryList {
  readonly path: string;
  readonly entries: readonly Entry[];
}

/** What a restore would do to one object of the cluster. */
export interface PlanObject {
  readonly act: 'create' | 'change' | 'keep' | 'restart';
  readonly kind: string; // claim, Notebook, Job, snapshot, pod
  readonly name: string;
  readonly text: string;
}

/**
 * What a restore would do. Nothing has been changed. At most 1000 paths are named each.
 *
 * The counts of files are None where whole volumes are exchanged; `objects` says then what
 * happens in the cluster.
 */
export interface RestorePlan {
  readonly snapshot: string;
  readonly paths: readonly string[];
  readonly exact: boolean;
  readonly create: number | null;
  readonly replace: number | null;
  readonly remove: number | null;
  readonly unchanged: number | null;
  readonly newer_kept: number | null; // files created since, which stay
  readonly bytes_to_write: number | null;
  readonly created_paths: readonly string[];
  readonly replaced_paths: readonly string[];
  readonly removed_paths: readonly string[];
  readonly findings: readonly string[]; // sentences a person should read first
  readonly possible: boolean; // False: findings say why not
  readonly way: RestoreWay;
  readonly objects: readonly PlanObject[];
  readonly restart: boolean; // the notebook restarts: kernels and terminals end
  readonly guardian: boolean; // False: nobody could roll it back while the pod is away
}

/** Something that verify found. */
export interface Difference {
  readonly path: string;
  readonly problem: Problem;
}

/** What verify found in one snapshot; `ok` when nothing. */
export interface Verification {
  readonly snapshot: string;
  readonly ok: boolean;
  readonly files: number;
  readonly bytes_read: number;
  readonly differences: readonly Difference[]; // at most 1000 are named
  readonly differences_count: number;
}

/** Take a snapshot. */
export interface CreateRequest {
  readonly engine?: EngineName;
  readonly name?: string;
  readonly note?: string;
}

/**
 * Restore all (no paths) or some paths. `exact` also removes what was created since.
 *
 * `way`, `name`, `mount` and `unguarded` are for engines that keep whole volumes.
 */
export interface RestoreRequest {
  readonly engine?: EngineName;
  readonly snapshot: string;
  readonly paths?: readonly string[];
  readonly exact?: boolean;
  readonly way?: RestoreWay;
  readonly name?: string; // of the new notebook; empty: one is found
  readonly mount?: string; // of the data volume; empty: /home/.../restored-ID
  readonly unguarded?: boolean; // go on though no guardian can roll it back
}

/** Take back a restore. `unguarded` is for engines that keep whole volumes. */
export interface UndoRequest {
  readonly unguarded?: boolean; // go on though no guardian can go back by itself
}

/** The figures of one status that the lines are drawn from, by mount where there are many. */
export interface Point {
  readonly seq: number;
  readonly taken: string; // ISO 8601, UTC
  readonly memory_working_set: number | null;
  readonly cpu_usage_cores: number | null;
  readonly shm_used: number | null;
  readonly volumes_used: { readonly [key: string]: number | null };
}

/**
 * The figures of one reading of GPUs, by UUID of each GPU and slice.
 *
 * GPUs are read more often than a status is: every two seconds while somebody looks.
 */
export interface GpuPoint {
  readonly seq: number;
  readonly taken: string; // ISO 8601, UTC
  readonly memory_used: { readonly [key: string]: number | null }; // bytes
  readonly utilisation: { readonly [key: string]: number | null }; // share of time in which it computed
}

/**
 * All readings at one moment.
 *
 * `seq` grows with each reading, also over a restart of the server. `history` and
 * `gpu_history` hold the points after the status that `?since=` names, oldest first, at most
 * ten minutes; they are empty when none is named. In a shell or a kernel the activity is what the
 * server last knew (Unavailable when no server has told).
 */
export interface Status {
  readonly version: string; // of kfnb_ext
  readonly seq: number;
  readonly taken: string; // ISO 8601, UTC
  readonly workspace: string;
  readonly activity: Activity | Unavailable;
  readonly culling: Culling | Unavailable;
  readonly keep_awake: KeepAwake | null;
  readonly limits: Limits | Unavailable;
  readonly shm: Shm | Unavailable;
  readonly volumes: Volumes | Unavailable;
  readonly gpus: Gpus | Unavailable;
  readonly operations: readonly Operation[]; // those that run, and those that ended in the last minute
  readonly read_only: boolean; // the site forbids every change
  readonly snapshots_enabled: boolean;
  readonly notebook: string; // NAMESPACE/NAME, where a cluster can be asked; empty: nowhere, or not known
  readonly keep_awake_allowed: number; // seconds at once; 0: the site does not allow it
  readonly served_since: string | null; // since when its server tells; another: it was restarted; ISO 8601, UTC
  readonly advice: readonly Advice[]; // what to do about each trouble, the worst first
  readonly levels: Levels; // from which share on there is little left; the site sets them
  readonly history: readonly Point[];
  readonly gpu_history: readonly GpuPoint[];
}

/** When a volume will be full if it goes on like this. Given only when it is sure enough. */
export interface Forecast {
  readonly full_at: string; // ISO 8601, UTC
  readonly earliest: string; // ISO 8601, UTC
  readonly latest: string | null; // None: open; ISO 8601, UTC
  readonly rate: number; // bytes per second
}

/** One mounted filesystem. Free bytes are those an ordinary user may still write. */
export interface Volume {
  readonly mount: string; // where it is mounted
  readonly filesystem: string; // ext4, nfs4, ceph, overlay, ...
  readonly source: string; // device or export
  readonly kind: VolumeKind;
  readonly survives_restart: boolean | null; // None: cannot be told from inside
  readonly is_workspace: boolean; // the workspace lies on it
  readonly read_only: boolean;
  readonly stale: boolean; // it did not answer within the deadline; figures are None
  readonly total: number | null; // bytes
  readonly used: number | null; // bytes
  readonly free: number | null; // bytes
  readonly inodes_total: number | null;
  readonly inodes_free: number | null;
  readonly claim: string | null; // name of the PersistentVolumeClaim, where it can be told
  readonly scope: Scope; // the figures are this volume's own, or of more that others fill too
  readonly holds_home: boolean; // the home lies on it
  readonly forecast: Forecast | null;
  readonly missing: { readonly [key: string]: string };
}

/** All volumes that matter, the workspace's first. */
export interface Volumes {
  readonly kind: 'volumes';
  readonly volumes: readonly Volume[];
}
