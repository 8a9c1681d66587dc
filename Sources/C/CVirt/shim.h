// libvirt's C API.
#pragma once
// As in CLinux: the two must see the same declarations of the C library.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
