/** Records as the server sends them; a test changes what it is about. */
import type {
  Activity,
  Cluster,
  Culling,
  Filling,
  Gpu,
  GpuPoint,
  Gpus,
  Limits,
  Operation,
  Point,
  Restore,
  Shm,
  Snapshot,
  SnapshotList,
  Status,
  Volume
} from '../../src/contract';

export const NOW = '2026-11-21T14:10:00Z';
const GIB = 2 ** 30;

/** So many seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(Date.parse(NOW) - seconds * 1000).toISOString();
}

export const activity: Activity = {
  kind: 'activity',
  in_use: false,
  since: ago(720),
  last_use: ago(720),
  known: true,
  reasons: [],
  unknown: []
};

export const culling: Culling = {
  kind: 'culling',
  culler: 'kubeflow',
  sight: 'looks',
  last_look: ago(30),
  period_seconds: 60,
  idle_minutes: 192,
  forecast: { stops_at: ago(-10_800), known: true, text: 'It is stopped in 3 h.', hint: '' },
  text: '',
  hint: '',
  heartbeat: ''
};

export const limits: Limits = {
  kind: 'limits',
  cgroup_version: 2,
  memory_current: 4 * GIB,
  memory_working_set: 3 * GIB,
  memory_limit: 8 * GIB,
  memory_shm: 0,
  oom_kills: 0,
  cpu_usage_cores: 1.25,
  cpu_limit_cores: 4,
  cpu_available_cores: 16,
  cpu_throttled_ratio: 0,
  processes: 12,
  processes_limit: 4096,
  node_memory_total: 64 * GIB,
  node_cpu_usage_cores: null,
  memory_peak: 5 * GIB,
  memory_limit_set: null,
  memory_high: null,
  swap_used: 0,
  swap_limit: 0,
  memory_pressure: null,
  cpu_pressure: null,
  io_pressure: null,
  kills: [],
  missing: {}
};

export const shm: Shm = {
  kind: 'shm',
  total: 64 * 2 ** 20,
  used: 16 * 2 ** 20,
  listed: 6 * 2 ** 20,
  hidden: 10 * 2 ** 20,
  origin: 'runtime_default',
  counts_against_memory: true,
  holders: [],
  leftovers: [],
  fills: null,
  missing: {}
};

export const volume: Volume = {
  mount: '/home/jovyan',
  filesystem: 'ext4',
  source: '/dev/vda',
  kind: 'block',
  survives_restart: true,
  is_workspace: true,
  read_only: false,
  stale: false,
  total: 50 * GIB,
  used: 37 * GIB,
  free: 12 * GIB,
  inodes_total: 3_000_000,
  inodes_free: 1_200_000,
  claim: null,
  scope: 'own',
  holds_home: true,
  forecast: null,
  missing: {}
};

export const gpu: Gpu = {
  index: 0,
  uuid: 'GPU-1',
  name: 'NVIDIA H200',
  state: 'ok',
  sharing: 'exclusive',
  memory_kind: 'dedicated',
  memory_total: 140 * GIB,
  memory_used: 14 * GIB,
  memory_reserved: 0.5 * GIB,
  memory_own: 13 * GIB,
  memory_others: 0,
  utilisation: 0.5,
  activity: null,
  temperature_c: 61,
  power_milliwatts: 300_000,
  power_limit_milliwatts: 700_000,
  sm_clock_mhz: 1980,
  memory_clock_mhz: 3201,
  throttling: [],
  ecc_uncorrected: 0,
  xid: null,
  xid_at: null,
  pcie_rx: null,
  pcie_tx: null,
  mig_enabled: false,
  slices: [],
  processes: [],
  held_idle_since: null,
  missing: {}
};

export const gpus: Gpus = {
  kind: 'gpus',
  driver_version: '570',
  nvml_version: '13',
  gpus: [gpu],
  taken: NOW,
  pid_mode: 'namespaced',
  holders: [],
  notes: []
};

export function point(seq: number, extra: Partial<Point> = {}): Point {
  return {
    seq,
    taken: NOW,
    memory_working_set: GIB,
    cpu_usage_cores: 1,
    shm_used: 0,
    volumes_used: {},
    ...extra
  };
}

export function gpuPoint(seq: number, extra: Partial<GpuPoint> = {}): GpuPoint {
  return { seq, taken: NOW, memory_used: {}, utilisation: {}, ...extra };
}

export function status(extra: Partial<Status> = {}): Status {
  return {
    version: '0.1.0',
    seq: 1,
    taken: NOW,
    workspace: '/home/jovyan',
    activity,
    culling,
    keep_awake: null,
    advice: [],
    levels: { warning: 0.8, alarm: 0.95 },
    limits,
    shm,
    volumes: { kind: 'volumes', volumes: [volume] },
    gpus,
    operations: [],
    read_only: false,
    snapshots_enabled: true,
    notebook: 'alice/demo',
    keep_awake_allowed: 43_200,
    served_since: ago(3600),
    history: [],
    gpu_history: [],
    ...extra
  };
}

export function operation(extra: Partial<Operation> = {}): Operation {
  return {
    id: 'o1',
    kind: 'create',
    engine: 'local',
    title: 'snapshot "before cleanup"',
    state: 'running',
    owner: { pid: 4711, started_ticks: 1, host: 'pod', face: 'server', user: 'jovyan' },
    started: ago(9),
    updated: NOW,
    ended: null,
    phase: 'copying files',
    done: 25,
    total: 100,
    unit: 'bytes',
    cancel_requested: false,
    snapshot: null,
    restore: null,
    verification: [],
    message: '',
    hint: '',
    ...extra
  };
}

export function snapshot(extra: Partial<Snapshot> = {}): Snapshot {
  return {
    id: 's1',
    engine: 'local',
    name: 'before cleanup',
    created: ago(60),
    reason: 'manual',
    complete: true,
    files: 3,
    bytes_total: 2048,
    bytes_added: 1024,
    excluded: [],
    left_out: [],
    left_out_count: 0,
    durable: false,
    place: '/home/jovyan/.kfnb/snapshots/s1',
    state: 'ready',
    error: '',
    note: '',
    volumes: [],
    together: true,
    warnings: [],
    ...extra
  };
}

export function restore(extra: Partial<Restore> = {}): Restore {
  return {
    id: 'r1',
    engine: 'local',
    snapshot: 's1',
    safety: 's2',
    paths: [],
    exact: false,
    ended: NOW,
    undone: false,
    undo_of: null,
    kept: [],
    way: 'in_place',
    switches: [],
    grown: null,
    notebook: '',
    ...extra
  };
}

export function list(extra: Partial<SnapshotList> = {}): SnapshotList {
  return {
    engines: [
      {
        engine: 'local',
        available: true,
        reason: '',
        hint: '',
        used: GIB,
        allowed: 15 * GIB,
        note: 'It does not survive the loss of its volume.',
        can: ['browse', 'verify', 'paths', 'in_place'],
        role: '',
        against: '',
        absent: false
      }
    ],
    snapshots: [snapshot()],
    restores: [],
    ...extra
  };
}

export function filling(extra: Partial<Filling> = {}): Filling {
  return {
    top: '/home/jovyan',
    path: '',
    bytes: 10 * GIB,
    files: 1200,
    items: [
      {
        name: 'wandb',
        path: 'wandb',
        kind: 'directory',
        bytes: 6 * GIB,
        files: 1000,
        cache: { name: 'Weights & Biases', cost: 'Unsynchronised runs are lost.', safe: false }
      },
      {
        name: 'model.bin',
        path: 'model.bin',
        kind: 'file',
        bytes: 3 * GIB,
        files: 1,
        cache: null
      },
      { name: '', path: '', kind: 'rest', bytes: GIB, files: 199, cache: null }
    ],
    caches: [],
    largest: [],
    taken: NOW,
    seconds: 0.5,
    reused: 0,
    folders: 30,
    unreadable: 0,
    other_filesystems: 0,
    trash: null,
    ...extra
  };
}

/** As a stock Kubeflow tells it: no snapshots, a full quota. */
export function cluster(extra: Partial<Cluster> = {}): Cluster {
  const claim = {
    name: 'demo-home',
    uid: 'u',
    phase: 'Bound',
    storage_class: 'csi-hostpath-sc',
    driver: 'hostpath.csi.k8s.io',
    access_modes: ['ReadWriteOnce'],
    volume_mode: 'Filesystem',
    requested: GIB,
    capacity: GIB,
    expandable: null,
    binding: null,
    resizing: '',
    going: false
  };
  const mounted = { volume: 'home', sub_path: '', read_only: false, workspace: true };
  const line = { quota: 'kf-resource-quota', resource: 'x', unit: 'count' as const };
  return {
    kind: 'cluster',
    taken: NOW,
    place: {
      platform: 'kubeflow',
      namespace: 'alice',
      notebook: 'demo',
      pod: 'demo-0',
      pod_uid: 'p',
      container: 'demo',
      node: 'fake-node',
      image: 'ghcr.io/kubeflow/jupyter-scipy:v1.10.0',
      digest: `ghcr.io/kubeflow/jupyter-scipy@sha256:${'ab'.repeat(32)}`,
      service_account: 'default-editor',
      mounted: [{ ...mounted, claim, mount: '/home/jovyan' }],
      lost: []
    },
    abilities: [
      {
        name: 'snapshots',
        allowed: false,
        text: 'You cannot take snapshots of whole volumes.',
        hint: 'Send the administrator the role below.'
      },
      { name: 'stop', allowed: true, text: 'You can stop this notebook.', hint: '' }
    ],
    quotas: [
      { ...line, name: 'Volumes', hard: 5, used: 5, left: 0, text: 'Your namespace allows 5.' },
      {
        ...line,
        resource: 'y',
        name: 'GPUs',
        hard: 2,
        used: null,
        left: null,
        text: 'Your namespace allows 2 GPUs.'
      }
    ],
    kept: [],
    role: 'kind: ClusterRole\n',
    notes: [],
    ...extra
  };
}
