// Package apierror has the names under which some packages still use package service.
package apierror

import "kin/internal/service"

// Brief is service.Brief.
func Brief(err error) string { return service.Brief(err) }

// IsPermanent is service.IsPermanent.
func IsPermanent(err error) bool { return service.IsPermanent(err) }

// IsUnsent is service.IsUnsent.
func IsUnsent(err error) bool { return service.IsUnsent(err) }

// IsDenied is service.IsDenied.
func IsDenied(err error) bool { return service.IsDenied(err) }

// IsIdentityCode reports whether an error code is of the class service.Unauthentic.
func IsIdentityCode(code string) bool { return service.ClassOfCode(code) == service.Unauthentic }
