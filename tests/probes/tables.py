"""Mount tables as notebook pods and laptops have them: the form of the kernel, names of our own."""

POD_UID = "7c1f0a52-93d1-4b7e-a3f7-5b0a5f1f9f10"
KUBELET = f"/var/lib/kubelet/pods/{POD_UID}"
VOLUMES = f"{KUBELET}/volumes/kubernetes.io~"
CONTAINER = "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/2766762cb440"
NODE_DISK = "- ext4 /dev/nvme0n1p1 rw,discard"

# What is in every pod, whatever a person mounted. The node runs on 259:1.
POD = rf"""
3977 3861 0:1049 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/containerd/x/fs,workdir=/w
3978 3977 0:1051 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
3979 3977 0:1052 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755,inode64
3980 3979 0:1053 / /dev/pts rw,nosuid,noexec,relatime - devpts devpts rw,gid=5,mode=620
3981 3979 0:1030 / /dev/mqueue rw,nosuid,nodev,noexec,relatime - mqueue mqueue rw
3982 3977 0:1035 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro
3983 3982 0:29 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw
3984 3977 259:1 {KUBELET}/etc-hosts /etc/hosts rw,relatime {NODE_DISK}
3985 3979 259:1 {KUBELET}/containers/notebook/84a7 /dev/termination-log rw,relatime {NODE_DISK}
3986 3977 259:1 {CONTAINER}/hostname /etc/hostname rw,relatime {NODE_DISK}
3987 3977 259:1 {CONTAINER}/resolv.conf /etc/resolv.conf rw,relatime {NODE_DISK}
3988 3979 0:1020 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k
3989 3977 0:1012 / /run/secrets/kubernetes.io/serviceaccount ro,relatime - tmpfs tmpfs rw,size=8G
3990 3978 0:1051 /bus /proc/bus ro,nosuid,nodev,noexec,relatime - proc proc rw
3991 3978 0:1052 /null /proc/kcore rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
3992 3982 0:1060 / /sys/firmware ro,relatime - tmpfs tmpfs ro,inode64
""".strip()

# A person's volumes: line -> kind, survives a stop (None: unknown), or None: not shown.
VOLUME_LINES: list[tuple[str, tuple[str, bool | None] | None]] = [
    # claims
    ("259:5 / /vol rw - ext4 /dev/nvme1n1 rw", ("block", True)),
    ("252:16 / /vol rw - xfs /dev/rbd0 rw,attr2,inode64", ("block", True)),
    ("252:16 /notebooks/me /vol rw - xfs /dev/rbd0 rw", ("block", True)),  # a subPath
    ("8:64 / /vol rw - ext4 /dev/longhorn/pvc-0f5b rw", ("block", True)),
    ("0:71 / /vol rw - zfs zfspv-pool/pvc-1f2a rw,xattr", ("block", True)),
    ("0:88 / /vol rw - nfs4 fs-1.efs.example:/ rw,vers=4.1,hard", ("network", True)),
    ("0:88 /team-pvc-8a1b /vol rw - nfs4 10.0.0.5:/export/team-pvc-8a1b rw", ("network", True)),
    ("0:89 / /vol rw - ceph 10.0.0.1:6789,10.0.0.2:6789:/volumes/csi/v rw", ("network", True)),
    ("0:90 / /vol rw - cifs //files.example/share rw,vers=3.1.1", ("network", True)),
    ("0:91 / /vol rw - lustre 10.0.0.9@tcp:/fsx rw,flock", ("network", True)),
    ("0:92 / /vol rw - fuse.juicefs JuiceFS:home rw,user_id=0", ("network", True)),
    ("0:93 / /vol ro - fuse.gcsfuse bucket rw,user_id=0", ("network", True)),
    ("0:94 / /vol rw - 9p fileserver:/home rw,trans=tcp", ("network", True)),
    ("0:95 / /vol rw - beegfs beegfs_nodev rw", ("network", True)),
    ("0:88 / /vol rw - nfs 10.0.0.5:/export/team rw,vers=3,soft", ("network", True)),
    ("0:88 / /vol rw - nfs4 127.0.0.1:/ rw,port=20449", ("network", True)),  # EFS by its helper
    ("0:89 / /vol rw - ceph user@4b1c.fs=/volumes/csi/v rw,ms_mode=crc", ("network", True)),
    ("0:89 /me /vol rw - fuse.ceph-fuse ceph-fuse rw,user_id=0", ("network", True)),  # a subPath
    ("0:90 / /vol rw - smb3 //files.example/share rw", ("network", True)),
    ("0:92 / /vol rw - gpfs gpfs0 rw,relatime", ("network", True)),
    ("0:92 /me /vol rw - wekafs default rw", ("network", True)),
    ("0:92 / /vol rw - fuse.glusterfs 10.0.0.7:/vol0 rw,user_id=0", ("network", True)),
    ("0:93 / /vol rw - fuse.s3fs s3fs rw,user_id=0,allow_other", ("network", True)),
    ("0:93 / /vol ro - fuse mountpoint-s3 ro,user_id=0,allow_other", ("network", True)),
    ("0:93 / /vol rw - fuse.blobfuse2 blobfuse2 rw,user_id=0", ("network", True)),
    ("0:93 / /vol rw - fuse.rclone remote:data rw,user_id=0", ("network", True)),
    ("0:93 / /vol rw - fuse.sshfs ada@files.example:/home rw", ("network", True)),
    ("0:94 / /vol rw - virtiofs fileserver:/home rw", ("network", True)),
    ("0:72 /vol1 /vol rw - btrfs /dev/nvme3n1 rw,subvolid=256,subvol=/vol1", ("block", True)),
    ("253:3 / /vol rw - xfs /dev/mapper/mpatha rw", ("block", True)),
    ("252:16 /notebooks/my\040own /vol rw - ext4 /dev/rbd1 rw", ("block", True)),  # a blank
    (
        "259:1 /opt/local-path-provisioner/pvc-0c7d_team_home /vol rw " + NODE_DISK,
        ("node_local", True),
    ),
    ("259:9 /pvc-0c7d_team_home /vol rw - xfs /dev/nvme2n1 rw", ("node_local", True)),
    (f"259:9 {VOLUMES}local-volume/pv-1 /vol rw - xfs /dev/sdc rw", ("node_local", True)),
    ("259:1 /tmp/hostpath-provisioner/team/home /vol rw " + NODE_DISK, ("node_local", True)),
    (
        "259:1 /var/snap/microk8s/default-storage/team-home-pvc-0c7d1f2a /vol rw " + NODE_DISK,
        ("node_local", True),
    ),
    # what goes with the pod
    (f"259:1 {VOLUMES}empty-dir/scratch /vol rw {NODE_DISK}", ("empty_dir", False)),
    (f"259:1 {VOLUMES}empty-dir/scratch/sub /vol rw {NODE_DISK}", ("empty_dir", False)),
    ("0:97 / /vol rw - tmpfs tmpfs rw,size=1048576k,noswap", ("memory", False)),
    # the node's
    ("259:1 /mnt/datasets /vol rw " + NODE_DISK, ("host", None)),
    ("259:1 / /vol ro " + NODE_DISK, ("host", None)),
    ("0:98 /data /vol rw - virtiofs kataShared rw", ("host", None)),
    ("0:98 / /vol rw - 9p none rw,trans=fd,rfdno=4,wfdno=4", ("host", None)),  # gVisor
    ("259:1 /mnt/datasets/my\040set /vol rw " + NODE_DISK, ("host", None)),
    # not storage, not a person's, or not for the eye
    (f"259:1 {VOLUMES}configmap/settings /vol ro {NODE_DISK}", None),
    (f"259:1 {VOLUMES}downward-api/podinfo /vol ro {NODE_DISK}", None),
    (f"259:1 {VOLUMES}secret/keys /vol ro {NODE_DISK}", None),
    (f"259:1 {VOLUMES}projected/all/sub /vol ro {NODE_DISK}", None),
    ("0:99 / /vol ro - tmpfs tmpfs rw,size=16G", None),  # a secret
    ("0:99 / /var/run/secrets/team ro - tmpfs tmpfs rw,size=16G", None),
    ("259:1 /home/kubernetes/bin/nvidia /usr/local/nvidia ro " + NODE_DISK, None),
    ("0:100 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw", None),
    ("0:101 / /vol rw - fuse.lxcfs lxcfs rw", None),
    ("0:102 / /vol rw - overlay overlay rw,lowerdir=/a", None),
    ("0:103 / /vol rw - autofs systemd-1 rw,fd=31", None),
    ("0:104 / /vol rw - hugetlbfs hugetlbfs rw", None),
    ("0:105 / /vol rw - something_new none rw", None),
]

# A laptop with what desktops, snaps and Docker mount all day.
LAPTOP = r"""
24 30 0:22 / /sys rw,nosuid - sysfs sysfs rw
25 30 0:23 / /proc rw,nosuid - proc proc rw
26 30 0:5 / /dev rw,nosuid - devtmpfs udev rw,size=8048032k
28 30 0:25 / /run rw,nosuid - tmpfs tmpfs rw,size=1616708k
30 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
31 24 0:6 / /sys/kernel/security rw - securityfs securityfs rw
32 26 0:27 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw,inode64
40 30 7:0 / /snap/core20/2318 ro,nodev shared:30 - squashfs /dev/loop0 ro,errors=continue
41 30 7:1 / /snap/firefox/4336 ro,nodev shared:31 - squashfs /dev/loop1 ro
42 30 259:1 / /boot/efi rw shared:32 - vfat /dev/nvme0n1p1 rw,fmask=0077
43 30 259:3 / /home rw,relatime shared:33 - ext4 /dev/nvme0n1p3 rw
44 30 0:44 / /var/lib/docker/overlay2/8c1/merged rw - overlay overlay rw,lowerdir=/l
45 28 0:45 / /run/docker/netns/default rw - nsfs nsfs rw
46 28 0:46 / /run/user/1000/doc rw - fuse.portal portal rw,user_id=1000
47 28 0:47 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw,user_id=1000
48 28 8:17 / /run/media/ada/USB\040DISK rw,nosuid - exfat /dev/sdb1 rw,uid=1000
49 30 0:49 / /mnt/nas rw,relatime shared:40 - nfs4 nas.local:/tank/photos rw,vers=4.2
50 30 259:3 /ada/work /srv/work rw,relatime shared:33 - ext4 /dev/nvme0n1p3 rw
51 30 259:3 / /mnt/home-again rw,relatime shared:33 - ext4 /dev/nvme0n1p3 rw
52 30 0:52 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw
""".strip()
