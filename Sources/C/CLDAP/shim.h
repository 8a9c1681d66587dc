// libldap: the lists of changes and values are C arrays of unions, which are put together here.
#pragma once
#include <ldap.h>
#include <string.h>
static inline LDAPMod **cldap_mods(size_t count) { return ber_memcalloc(count + 1, sizeof(LDAPMod *)); }
static inline void cldap_mod(LDAPMod **mods, size_t at, int op, const char *type, size_t count) {
  LDAPMod *mod = ber_memcalloc(1, sizeof(LDAPMod));
  mod->mod_op = op | LDAP_MOD_BVALUES;
  mod->mod_type = ber_strdup(type);
  if (count > 0) mod->mod_bvalues = ber_memcalloc(count + 1, sizeof(struct berval *));
  mods[at] = mod;
}
static inline void cldap_mod_value(LDAPMod **mods, size_t at, size_t index, const char *bytes, size_t length) {
  mods[at]->mod_bvalues[index] = ber_mem2bv(bytes, length, 1, NULL);
}
static inline int cldap_bind(LDAP *ld, const char *name, const char *password, size_t length) {
  struct berval secret = {length, (char *)password};
  return ldap_sasl_bind_s(ld, name, LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL);
}
static inline int cldap_set_password(LDAP *ld, const char *name, const char *password, size_t length) {
  struct berval user = {strlen(name), (char *)name}, fresh = {length, (char *)password}, given = {0, NULL};
  int result = ldap_passwd_s(ld, &user, NULL, &fresh, &given, NULL, NULL);
  if (given.bv_val) ber_memfree(given.bv_val);
  return result;
}
