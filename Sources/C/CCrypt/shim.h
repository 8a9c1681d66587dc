// libxcrypt: crypt_ra keeps its state on the heap, which Swift can hold.
#pragma once
#include <crypt.h>
#include <stdlib.h>
