// libcurl: curl_easy_setopt is variadic, so there is one wrapper for each kind of value.
#pragma once
#include <curl/curl.h>
static inline CURLcode ccurl_set_long(CURL *c, CURLoption o, long v) { return curl_easy_setopt(c, o, v); }
static inline CURLcode ccurl_set_offset(CURL *c, CURLoption o, curl_off_t v) { return curl_easy_setopt(c, o, v); }
static inline CURLcode ccurl_set_string(CURL *c, CURLoption o, const char *v) { return curl_easy_setopt(c, o, v); }
static inline CURLcode ccurl_set_pointer(CURL *c, CURLoption o, void *v) { return curl_easy_setopt(c, o, v); }
static inline CURLcode ccurl_set_list(CURL *c, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(c, o, v); }
typedef size_t (*ccurl_data_callback)(char *, size_t, size_t, void *);
static inline CURLcode ccurl_set_data_callback(CURL *c, CURLoption o, ccurl_data_callback f) { return curl_easy_setopt(c, o, f); }
static inline CURLcode ccurl_get_long(CURL *c, CURLINFO i, long *v) { return curl_easy_getinfo(c, i, v); }
static inline CURLcode ccurl_get_pointer(CURL *c, CURLINFO i, void **v) { return curl_easy_getinfo(c, i, v); }
typedef int (*ccurl_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*ccurl_timer_callback)(CURLM *, long, void *);
static inline CURLMcode ccurl_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode ccurl_multi_set_socket(CURLM *m, ccurl_socket_callback f, void *p) {
  CURLMcode r = curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, f);
  return r != CURLM_OK ? r : curl_multi_setopt(m, CURLMOPT_SOCKETDATA, p);
}
static inline CURLMcode ccurl_multi_set_timer(CURLM *m, ccurl_timer_callback f, void *p) {
  CURLMcode r = curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, f);
  return r != CURLM_OK ? r : curl_multi_setopt(m, CURLMOPT_TIMERDATA, p);
}
static inline CURL *ccurl_message_easy(CURLMsg *m) { return m->easy_handle; }
static inline CURLcode ccurl_message_result(CURLMsg *m) { return m->data.result; }
