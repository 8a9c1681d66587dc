extension UsualMetadefs {
  /// About hosts, and the CIM standard's words for what machines are given.
  static let ofHosts = """
    =CIM::ProcessorAllocationSettingData|Processor allocation (CIM)|How processors are given to a machine.|\
    OS::Cinder::Volume CIM_PASD_ image;OS::Glance::Image CIM_PASD_;OS::Nova::Aggregate CIM_PASD_;\
    OS::Nova::Flavor CIM_PASD_;OS::Nova::Server - scheduler_hints
    InstructionSet|string|operators=<or>|enum=x86:i386;x86:i486;x86:i586;x86:i686;x86:64;IA-64:IA-64;AS/400:TIMI;\
    Power:Power_2.03;Power:Power_2.04;Power:Power_2.05;Power:Power_2.06;S/390:ESA/390;S/390:z/Architecture;\
    S/390:z/Architecture_2;PA-RISC:PA-RISC_1.0;PA-RISC:PA-RISC_2.0;ARM:A32;ARM:A64;MIPS:MIPS_I;MIPS:MIPS_II;\
    MIPS:MIPS_III;MIPS:MIPS_IV;MIPS:MIPS_V;MIPS:MIPS32;MIPS64:MIPS64;Alpha:Alpha;SPARC:SPARC_V7;SPARC:SPARC_V8;\
    SPARC:SPARC_V9;SPARC:SPARC_JPS1;SPARC:UltraSPARC2005;SPARC:UltraSPARC2007;68k:68000;68k:68010;68k:68020;\
    68k:68030;68k:68040;68k:68060
    ProcessorArchitecture|string|operators=<or>|enum=x86;IA-64;AS/400;Power;S/390;PA-RISC;ARM;MIPS;Alpha;SPARC;68k
    InstructionSetExtensionName|array|operators=<or>;<all-in>|items=x86:3DNow;x86:3DNowExt;x86:ABM;x86:AES;x86:AVX;\
    x86:AVX2;x86:BMI;x86:CX16;x86:F16C;x86:FSGSBASE;x86:LWP;x86:MMX;x86:PCLMUL;x86:RDRND;x86:SSE2;x86:SSE3;\
    x86:SSSE3;x86:SSE4A;x86:SSE41;x86:SSE42;x86:FMA3;x86:FMA4;x86:XOP;x86:TBM;x86:VT-d;x86:VT-x;x86:EPT;x86:SVM;\
    PA-RISC:MAX;PA-RISC:MAX2;ARM:DSP;ARM:Jazelle-DBX;ARM:Thumb;ARM:Thumb-2;ARM:ThumbEE);ARM:VFP;ARM:NEON;\
    ARM:TrustZone;MIPS:MDMX;MIPS:MIPS-3D;Alpha:BWX;Alpha:FIX;Alpha:CIX;Alpha:MVI
    =CIM::ResourceAllocationSettingData|Resource allocation (CIM)|How a resource is given to a machine.|\
    OS::Cinder::Volume CIM_RASD_ image;OS::Nova::Aggregate CIM_RASD_;OS::Nova::Flavor CIM_RASD_
    Address|string
    AddressOnParent|string
    AllocationUnits|string
    AutomaticAllocation|boolean
    AutomaticDeallocation|boolean
    ConsumerVisibility|string|operators=<or>|enum=Unknown;Passed-Through;Virtualized;Not represented;DMTF reserved;\
    Vendor Reserved
    Limit|string
    MappingBehavior|string|operators=<or>|enum=Unknown;Not Supported;Dedicated;Soft Affinity;Hard Affinity;\
    DMTF Reserved;Vendor Reserved
    OtherResourceType|string
    Parent|string
    PoolID|string
    Reservation|string
    ResourceSubType|string
    ResourceType|string|operators=<or>|enum=Other;Computer System;Processor;Memory;IDE Controller;Parallel SCSI HBA;\
    FC HBA;iSCSI HBA;IB HCA;Ethernet Adapter;Other Network Adapter;I/O Slot;I/O Device;Floppy Drive;CD Drive;\
    DVD drive;Disk Drive;Tape Drive;Storage Extent;Other storage device;Serial port;Parallel port;USB Controller;\
    Graphics controller;IEEE 1394 Controller;Partitionable Unit;Base Partitionable Unit;Power;Cooling Capacity;\
    Ethernet Switch Port;Logical Disk;Storage Volume;Ethernet Connection;DMTF reserved;Vendor Reserved
    VirtualQuantity|string
    VirtualQuantityUnits|string
    Weight|string
    Connection|string
    HostResource|string
    =CIM::StorageAllocationSettingData|Storage allocation (CIM)|How storage is given to a machine.|\
    OS::Cinder::Volume CIM_SASD_;OS::Nova::Aggregate CIM_SASD_;OS::Nova::Flavor CIM_SASD_
    Access|string|operators=<or>|enum=Unknown;Readable;Writeable;Read/Write Supported;DMTF Reserved
    HostExtentName|string
    HostExtentNameFormat|string|operators=<or>|enum=Unknown;Other;SNVM;NAA;EUI64;T10VID;OS Device Name;DMTF Reserved
    HostExtentNameNamespace|string|operators=<or>|enum=Unknown;Other;VPD83Type3;VPD83Type2;VPD83Type1;VPD80;NodeWWN;\
    SNVM;OS Device Namespace;DMTF Reserved
    HostExtentStartingAddress|string
    HostResourceBlockSize|string
    Limit|string
    OtherHostExtentNameFormat|string
    OtherHostExtentNameNamespace|string
    Reservation|string
    VirtualQuantity|string
    VirtualQuantityUnits|string
    VirtualResourceBlockSize|string
    =CIM::VirtualSystemSettingData|Virtual system (CIM)|How a virtual machine is set up.|\
    OS::Nova::Aggregate CIM_VSSD_;OS::Nova::Flavor CIM_VSSD_
    AutomaticRecoveryAction|string|operators=<or>|enum=None;Restart;Revert to snapshot;DMTF Reserved
    AutomaticShutdownAction|string|operators=<or>|enum=Turn Off;Save state;Shutdown;DMTF Reserved
    AutomaticStartupAction|string|operators=<or>|enum=None;Restart if previously active;Always startup;DMTF Reserved
    AutomaticStartupActionDelay|string
    AutomaticStartupActionSequenceNumber|string
    ConfigurationDataRoot|string
    ConfigurationFile|string
    ConfigurationID|string
    CreationTime|string
    LogDataRoot|string
    RecoveryFile|string
    SnapshotDataRoot|string
    SuspendDataRoot|string
    SwapFileDataRoot|string
    VirtualSystemIdentifier|string
    VirtualSystemType|string
    Notes|string
    =OS::Compute::AggregateDiskFilter|Disk per host|How far the disks of an aggregate may be promised.|\
    OS::Nova::Aggregate -
    disk_allocation_ratio|number|readonly=false
    =OS::Compute::AggregateIoOpsFilter|Busy servers per host|How many servers of a host may be busy with their disks.|\
    OS::Nova::Aggregate -
    max_io_ops_per_host|integer|minimum=1|default=8|readonly=false
    =OS::Compute::AggregateNumInstancesFilter|Servers per host|How many servers a host of an aggregate takes.|\
    OS::Nova::Aggregate -
    max_instances_per_host|integer|minimum=0|readonly=false
    =OS::Compute::CPUPinning|CPU pinning|Whether virtual CPUs have host CPUs of their own.|\
    OS::Glance::Image hw_;OS::Cinder::Volume hw_ image;OS::Nova::Flavor hw:
    cpu_policy|string|enum=shared;dedicated
    cpu_thread_policy|string|enum=isolate;prefer;require
    =OS::Compute::GuestMemoryBacking|Guest memory|The pages that a guest's memory is made of.|\
    OS::Nova::Flavor hw:;OS::Glance::Image hw_;OS::Cinder::Volume hw_ image
    mem_page_size|string
    =OS::Compute::GuestShutdownBehavior|Shutdown|How a guest is to be shut down.|OS::Glance::Image -
    os_shutdown_timeout|integer|minimum=0
    =OS::Compute::HostCapabilities|Host capabilities|What a host's processors can.|\
    OS::Nova::Flavor capabilities:;OS::Nova::Aggregate aggregate_instance_extra_specs:
    cpu_info:vendor|string|operators=<or>|enum=Intel;AMD
    cpu_info:model|string|operators=<or>|enum=Conroe;Core2Duo;Penryn;Nehalem;Westmere;SandyBridge;IvyBridge;Haswell;\
    Broadwell;Delhi;Seoul;Abu Dhabi;Interlagos;Kabini;Valencia;Zurich;Budapest;Barcelona;Suzuka;Shanghai;Istanbul;\
    Lisbon;Magny-Cours;Cortex-A57;Cortex-A53;Cortex-A12;Cortex-A17;Cortex-A15;Coretx-A7;X-Gene
    cpu_info:arch|string|operators=<or>|enum=x86;x86_64;i686;ia64;ARMv8-A;ARMv7-A
    cpu_info:topology:cores|integer|default=1|readonly=false
    cpu_info:topology:threads|integer|default=1|readonly=false
    cpu_info:topology:sockets|integer|default=1|readonly=false
    cpu_info:features|array|operators=<or>;<all-in>|items=fpu;vme;de;pse;tsc;msr;pae;mce;cx8;apic;sep;mtrr;pge;mca;\
    cmov;pat;pse36;pn;clflush;dts;acpi;mmx;fxsr;sse;sse2;ss;ht;tm;ia64;pbe;syscall;mp;nx;mmxext;fxsr_opt;pdpe1gb;\
    rdtscp;lm;3dnowext;3dnow;arch_perfmon;pebs;bts;rep_good;nopl;xtopology;tsc_reliable;nonstop_tsc;extd_apicid;\
    amd_dcm;aperfmperf;eagerfpu;nonstop_tsc_s3;pni;pclmulqdq;dtes64;monitor;ds_cpl;vmx;smx;est;tm2;ssse3;cid;fma;\
    cx16;xtpr;pdcm;pcid;dca;sse4_1;sse4_2;x2apic;movbe;popcnt;tsc_deadline_timer;aes;xsave;avx;f16c;rdrand;\
    hypervisor;rng;rng_en;ace;ace_en;ace2;ace2_en;phe;phe_en;pmm;pmm_en;lahf_lm;cmp_legacy;svm;extapic;cr8_legacy;\
    abm;sse4a;misalignsse;3dnowprefetch;osvw;ibs;xop;skinit;wdt;lwp;fma4;tce;nodeid_msr;tbm;topoext;perfctr_core;\
    perfctr_nb;bpext;perfctr_l2;mwaitx;ida;arat;cpb;epb;pln;pts;dtherm;hw_pstate;proc_feedback;hwp;hwp_notify;\
    hwp_act_window;hwp_epp;hwp_pkg_req;intel_pt;tpr_shadow;vnmi;flexpriority;ept;vpid;npt;lbrv;svm_lock;nrip_save;\
    tsc_scale;vmcb_clean;flushbyasid;decodeassists;pausefilter;pfthreshold;vmmcall;fsgsbase;tsc_adjust;bmi1;hle;\
    avx2;smep;bmi2;erms;invpcid;rtm;cqm;mpx;avx512f;rdseed;adx;smap;pcommit;clflushopt;clwb;avx512pf;avx512er;\
    avx512cd;sha_ni;xsaveopt;xsavec;xgetbv1;xsaves;cqm_llc;cqm_occup_llc;clzero
    =OS::Compute::Hypervisor|Hypervisor|Which hypervisor a server needs.|OS::Glance::Image -
    hypervisor_type|string|enum=baremetal;hyperv;kvm;lxc;powervm;qemu;uml;vmware;vz;xen
    vm_mode|string|enum=hvm;xen;uml;exe
    =OS::Compute::InstanceData|Instance data|What a server is told about itself at its first start.|\
    OS::Glance::Image -;OS::Cinder::Volume - image
    img_config_drive|string|enum=optional;mandatory
    os_require_quiesce|string|enum=yes;no
    """
}
