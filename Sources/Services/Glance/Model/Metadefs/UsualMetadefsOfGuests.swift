extension UsualMetadefs {
  /// About guests, images and the software in them.
  static let ofGuests = """
    =OS::Compute::LibvirtImage|libvirt, for images|What libvirt makes of servers of an image.|OS::Glance::Image -
    hw_cdrom_bus|string|enum=scsi;virtio;uml;xen;ide;usb;fdc;sata;lxc
    hw_disk_bus|string|enum=scsi;virtio;uml;xen;ide;usb;fdc;sata;lxc
    hw_firmware_type|string|enum=bios;uefi
    hw_firmware_stateless|boolean
    hw_rng_model|string|default="virtio"
    hw_machine_type|string
    hw_scsi_model|string|default="virtio-scsi"
    hw_video_model|string|enum=vga;cirrus;vmvga;xen;qxl;virtio;gop;none;bochs
    hw_video_ram|integer|minimum=0
    os_command_line|string
    os_type|string|enum=linux;windows
    hw_vif_model|string|enum=e1000;e1000e;ne2k_pci;netfront;pcnet;rtl8139;spapr-vlan;virtio;vmxnet3;igb
    hw_vif_multiqueue_enabled|string|enum=true;false
    hw_pmu|string|enum=true;false
    hw_qemu_guest_agent|string|enum=yes;no
    hw_pointer_model|string|enum=usbtablet
    img_hide_hypervisor_id|string|enum=yes;no
    =OS::Compute::Libvirt|libvirt|What libvirt makes of a server.|OS::Glance::Image hw_;OS::Nova::Flavor hw:
    serial_port_count|integer|minimum=0
    boot_menu|string|enum=true;false
    mem_encryption|string|enum=true;false
    mem_encryption_model|string|enum=amd-sev;amd-sev-es;amd-sev-snp
    virtio_packed_ring|string|enum=true;false
    =OS::Compute::Quota|Limits of a flavor|How much a server may use of CPU, disk and network.|OS::Nova::Flavor -
    @CPU Limits
    quota:cpu_shares|integer
    quota:cpu_period|integer|minimum=1000|maximum=1000000
    quota:cpu_quota|integer
    @Disk QoS
    quota:disk_read_bytes_sec|integer
    quota:disk_read_iops_sec|integer
    quota:disk_write_bytes_sec|integer
    quota:disk_write_iops_sec|integer
    quota:disk_total_bytes_sec|integer
    quota:disk_total_iops_sec|integer
    @Virtual Interface QoS
    quota:vif_inbound_average|integer
    quota:vif_inbound_burst|integer
    quota:vif_inbound_peak|integer
    quota:vif_outbound_average|integer
    quota:vif_outbound_burst|integer
    quota:vif_outbound_peak|integer
    =OS::Compute::RandomNumberGenerator|Random numbers|Whether a guest gets random numbers of its host.|\
    OS::Nova::Flavor -
    hw_rng:allowed|boolean
    hw_rng:rate_bytes|integer
    hw_rng:rate_period|integer
    =OS::Compute::VirtCPUTopology|CPU topology|Sockets, cores and threads as a guest sees them.|\
    OS::Glance::Image hw_;OS::Cinder::Volume hw_ image;OS::Nova::Flavor hw:
    cpu_sockets|integer
    cpu_cores|integer
    cpu_threads|integer
    cpu_max_sockets|integer
    cpu_max_cores|integer
    cpu_max_threads|integer
    =OS::Compute::VMwareFlavor|VMware, for flavors|What VMware makes of servers of a flavor.|OS::Nova::Flavor -
    vmware:hw_version|string|enum=vmx-13;vmx-11;vmx-10;vmx-09;vmx-08;vmx-07;vmx-04;vmx-03
    vmware:storage_policy|string
    =OS::Compute::VMwareQuotaFlavor|VMware limits|How much of a host's CPU VMware gives to a server.|\
    OS::Nova::Flavor -
    quota:cpu_limit|integer|minimum=0
    quota:cpu_reservation|integer|minimum=0
    =OS::Compute::VMware|VMware|What VMware makes of servers of an image.|OS::Glance::Image -
    img_linked_clone|boolean
    vmware_adaptertype|string|default="lsiLogic"|enum=lsiLogic;lsiLogicsas;paraVirtual;busLogic;ide
    vmware_disktype|string|default="preallocated"|enum=streamOptimized;sparse;preallocated
    vmware_ostype|string|default="otherGuest"|enum=asianux3_64Guest;asianux3Guest;asianux4_64Guest;asianux4Guest;\
    asianux5_64Guest;asianux7_64Guest;centos64Guest;centosGuest;centos6Guest;centos6_64Guest;centos7_64Guest;\
    coreos64Guest;darwin10_64Guest;darwin10Guest;darwin11_64Guest;darwin11Guest;darwin12_64Guest;darwin13_64Guest;\
    darwin14_64Guest;darwin15_64Guest;darwin16_64Guest;darwin64Guest;darwinGuest;debian4_64Guest;debian4Guest;\
    debian5_64Guest;debian5Guest;debian6_64Guest;debian6Guest;debian7_64Guest;debian7Guest;debian8_64Guest;\
    debian8Guest;debian9_64Guest;debian9Guest;debian10_64Guest;debian10Guest;dosGuest;eComStation2Guest;\
    eComStationGuest;fedora64Guest;fedoraGuest;freebsd64Guest;freebsdGuest;genericLinuxGuest;mandrakeGuest;\
    mandriva64Guest;mandrivaGuest;netware4Guest;netware5Guest;netware6Guest;nld9Guest;oesGuest;openServer5Guest;\
    openServer6Guest;opensuse64Guest;opensuseGuest;oracleLinux64Guest;oracleLinuxGuest;oracleLinux6Guest;\
    oracleLinux6_64Guest;oracleLinux7_64Guest;os2Guest;other24xLinux64Guest;other24xLinuxGuest;other26xLinux64Guest;\
    other26xLinuxGuest;other3xLinux64Guest;other3xLinuxGuest;otherGuest;otherGuest64;otherLinux64Guest;\
    otherLinuxGuest;redhatGuest;rhel2Guest;rhel3_64Guest;rhel3Guest;rhel4_64Guest;rhel4Guest;rhel5_64Guest;\
    rhel5Guest;rhel6_64Guest;rhel6Guest;rhel7_64Guest;rhel7Guest;sjdsGuest;sles10_64Guest;sles10Guest;\
    sles11_64Guest;sles11Guest;sles12_64Guest;sles12Guest;sles64Guest;slesGuest;solaris10_64Guest;solaris10Guest;\
    solaris11_64Guest;solaris6Guest;solaris7Guest;solaris8Guest;solaris9Guest;turboLinux64Guest;turboLinuxGuest;\
    ubuntu64Guest;ubuntuGuest;unixWare7Guest;vmkernel5Guest;vmkernel6Guest;vmkernel65Guest;vmkernelGuest;\
    vmwarePhoton64Guest;win2000AdvServGuest;win2000ProGuest;win2000ServGuest;win31Guest;win95Guest;win98Guest;\
    windows7_64Guest;windows7Guest;windows7Server64Guest;windows8_64Guest;windows8Guest;windows8Server64Guest;\
    windows9_64Guest;windows9Guest;windows9Server64Guest;windowsHyperVGuest;winLonghorn64Guest;winLonghornGuest;\
    winMeGuest;winNetBusinessGuest;winNetDatacenter64Guest;winNetDatacenterGuest;winNetEnterprise64Guest;\
    winNetEnterpriseGuest;winNetStandard64Guest;winNetStandardGuest;winNetWebGuest;winNTGuest;winVista64Guest;\
    winVistaGuest;winXPHomeGuest;winXPPro64Guest;winXPProGuest
    hw_vif_model|string|default="e1000"|enum=e1000;e1000e;VirtualE1000;VirtualE1000e;VirtualPCNet32;VirtualVmxnet;\
    VirtualVmxnet3
    hw_vif_multiqueue_enabled|string|enum=true;false
    =OS::Compute::TPM|Trusted platform module|The TPM that a server is given.|\
    OS::Nova::Flavor hw:;OS::Glance::Image hw_
    tpm_model|string|default="tpm-tis"|operators=<or>|enum=tpm-tis;tpm-crb
    tpm_version|string|operators=<or>|enum=1.2;2.0
    =OS::Compute::VTPM|Emulated TPM|Hosts that can emulate a TPM.|OS::Nova::Flavor traits:;OS::Glance::Image traits:
    COMPUTE_SECURITY_TPM_1_2|string|default="required"|enum=required
    COMPUTE_SECURITY_TPM_2_0|string|default="required"|enum=required
    =OS::Compute::Watchdog|Watchdog|What happens to a guest that no longer answers its watchdog.|\
    OS::Glance::Image hw_;OS::Cinder::Volume hw_ image;OS::Nova::Flavor hw:
    watchdog_action|string|enum=disabled;reset;poweroff;pause;none
    =OS::Glance::CommonImageProperties|Common image properties|What many images say of themselves.|
    kernel_id|string|\
    pattern="^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
    ramdisk_id|string|\
    pattern="^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
    instance_uuid|string
    architecture|string
    os_distro|string
    os_version|string
    description|string
    cinder_encryption_key_id|string
    cinder_encryption_key_deletion_policy|string|enum=on_image_deletion;do_not_delete
    =OS::Glance::Signatures|Image signatures|How the signature of an image is checked.|OS::Glance::Image -
    img_signature|string
    img_signature_certificate_uuid|string
    img_signature_hash_method|string|enum=SHA-224;SHA-256;SHA-384;SHA-512
    img_signature_key_type|string|enum=RSA-PSS;DSA;ECC_SECT571K1;ECC_SECT409K1;ECC_SECT571R1;ECC_SECT409R1;\
    ECC_SECP521R1;ECC_SECP384R1
    =OS::OperatingSystem|Operating system|The operating system in an image or volume.|\
    OS::Glance::Image -;OS::Cinder::Volume - image
    os_distro|string
    os_version|string
    os_admin_user|string
    =OS::Software::DBMS|Databases|Databases that are installed.|\
    OS::Glance::Image -;OS::Cinder::Volume - image;OS::Nova::Server - metadata;OS::Trove::Instance -
    @MySQL
    sw_database_mysql_version|string
    sw_database_mysql_listen_port|integer|minimum=1|maximum=65535|default=3606
    sw_database_mysql_admin|string|default="root"
    @PostgreSQL
    sw_database_postgresql_version|string
    sw_database_postgresql_listen_port|integer|minimum=1|maximum=65535|default=5432
    sw_database_postgresql_admin|string|default="postgres"
    @SQL Server
    sw_database_sqlserver_version|string
    sw_database_sqlserver_edition|string|default="Express"|enum=Datacenter;Enterprise;Standard;Web;\
    Business Intelligence;Workgroup;Express;Compact (SQL CE);Developer;Embedded (SSEE);Express;Fast Track;LocalDB;\
    Parallel Data Warehouse (PDW);Business Intelligence;Datawarehouse Appliance Edition
    sw_database_sqlserver_listen_port|integer|minimum=1|maximum=65535|default=1433
    sw_database_postsqlserver_admin|string|default="sa"
    @Oracle
    sw_database_oracle_version|string
    sw_database_oracle_edition|string|default="Express"|enum=Enterprise;Standard;Standard Edition One;Express (XE);\
    Workgroup;Lite
    sw_database_oracle_listen_port|integer|minimum=1|maximum=65535|default=1521
    @DB2
    sw_database_db2_version|string
    sw_database_db2_port|integer|minimum=1|maximum=65535|default=5432
    sw_database_db2_admin|string
    @MongoDB
    sw_database_mongodb_version|string
    sw_database_mongodb_listen_port|integer|minimum=1|maximum=65535|default=27017
    sw_database_mongodb_admin|string
    @Couchbase Server
    sw_database_couchbaseserver_version|string
    sw_database_couchbaseserver_listen_port|integer|minimum=1|maximum=65535|default=11211
    sw_database_couchbaseserver_admin|string|default="admin"
    @Redis
    sw_database_redis_version|string
    sw_database_redis_listen_port|integer|minimum=1|maximum=65535|default=6379
    sw_database_redis_admin|string|default="admin"
    @CouchDB
    sw_database_couchdb_version|string
    sw_database_couchdb_listen_port|integer|minimum=1|maximum=65535|default=5984
    sw_database_couchdb_admin|string
    @Apache Cassandra
    sw_database_cassandra_version|string
    sw_database_cassandra_listen_port|integer|minimum=1|maximum=65535|default=9160
    sw_database_cassandra_admin|string|default="cassandra"
    @HBase
    sw_database_hbase_version|string
    @Hazlecast
    sw_database_hazlecast_version|string
    sw_database_hazlecast_port|integer|minimum=1|maximum=65535|default=5701
    =OS::Software::Runtimes|Runtimes|Languages whose programs can be run.|\
    OS::Glance::Image -;OS::Cinder::Volume - image;OS::Nova::Server - metadata
    @PHP
    sw_runtime_php_version|string
    @Python
    sw_runtime_python_version|string
    @Java
    sw_runtime_java_version|string
    @Ruby
    sw_runtime_ruby_version|string
    @Perl
    sw_runtime_perl_version|string
    =OS::Software::WebServers|Web servers|Web servers that are installed.|\
    OS::Glance::Image -;OS::Cinder::Volume - image;OS::Nova::Server - metadata
    @Apache HTTP Server
    sw_webserver_apache_version|string
    sw_webserver_apache_http_port|integer|minimum=1|maximum=65535|default=80
    sw_webserver_apache_https_port|integer|minimum=1|maximum=65535|default=443
    @Nginx
    sw_webserver_nginx_version|string
    sw_webserver_nginx_http_port|integer|minimum=1|maximum=65535|default=80
    sw_webserver_nginx_https_port|integer|minimum=1|maximum=65535|default=443
    @IIS
    sw_webserver_iis_version|string
    sw_webserver_iis_http_port|integer|minimum=1|maximum=65535|default=80
    sw_webserver_iis_https_port|integer|minimum=1|maximum=65535|default=443
    =OS::Cinder::Volumetype|Volume type|The type of volumes made of an image.|OS::Glance::Image cinder_
    img_volume_type|string
    """
}
