//! Where objects of a class keep their attributes, and how they are read there.

use hogback::exception::variables::Limits;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::statics::{defined, definition, is_class_of, name, text};
use crate::once::interned;

/// Where objects of a class keep their attributes.
pub(super) struct Layout {
    /// The class's name.
    pub(super) class: String,
    /// Gets the object's dict, if it has one.
    pub(super) dict: Option<Py<PyAny>>,
    /// Attributes that have a place of their own, and what gets them.
    pub(super) slots: Vec<(String, Py<PyAny>)>,
    /// The names to show, in their order, and what the class says about each, if it is a dataclass.
    pub(super) fields: Option<Vec<String>>,
}

impl Layout {
    pub(super) fn of(class: &Bound<'_, PyType>, bases: &[Bound<'_, PyType>]) -> PyResult<Self> {
        let py = class.py();
        let mut layout = Self {
            class: name(class)?,
            dict: None,
            slots: Vec::new(),
            fields: dataclass_fields(class)?,
        };
        let mut has_dict = false;
        for base in bases {
            let view = defined(base)?;
            if !has_dict && view.contains(interned!(py, "__dict__"))? {
                // The first one counts. One that is a property is the program's code: then there is no dict for us.
                has_dict = true;
                let descriptor = view.get_item(interned!(py, "__dict__"))?;
                let kind = descriptor.get_type();
                if is_class_of(&kind, "types", "GetSetDescriptorType")?
                    || is_class_of(&kind, "types", "MemberDescriptorType")?
                {
                    layout.dict = Some(descriptor.getattr(interned!(py, "__get__"))?.unbind());
                }
            }
            if view.contains(interned!(py, "__slots__"))? {
                layout.add_slots(&view)?;
            }
        }
        Ok(layout)
    }

    /// The slots that one class defines; what is no descriptor of Python's own was put in its place by the program.
    fn add_slots(&mut self, view: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = view.py();
        let copy = view.call_method0(interned!(py, "copy"))?;
        for (name, descriptor) in copy.cast_into::<PyDict>()? {
            let Some(name) = text(&name) else { continue };
            let is_slot = is_class_of(&descriptor.get_type(), "types", "MemberDescriptorType")?;
            if is_slot && !self.slots.iter().any(|(known, _)| *known == name) {
                let get = descriptor.getattr(interned!(py, "__get__"))?;
                self.slots.push((name, get.unbind()));
            }
        }
        Ok(())
    }
}

impl Layout {
    /// What an object has in its dict and in its slots, of each at most one more than is shown.
    pub(super) fn attributes<'py>(
        &self,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        let py = object.py();
        let mut attributes = Vec::new();
        for (name, get) in &self.slots {
            // It raises for a slot that is empty.
            if let Ok(value) = get.bind(py).call1((object,)) {
                attributes.push((name.clone(), value));
            }
        }
        let dict = self.dict.as_ref().map(|get| get.bind(py).call1((object,)));
        if let Some(dict) = dict.transpose()?
            && let Ok(dict) = dict.cast_into::<PyDict>()
        {
            let named = dict.iter().take(Limits::ITEMS + 1);
            attributes.extend(named.filter_map(|(name, value)| Some((text(&name)?, value))));
        }
        Ok(attributes)
    }
}

fn dataclass_fields(class: &Bound<'_, PyType>) -> PyResult<Option<Vec<String>>> {
    let Some(fields) = definition(class, interned!(class.py(), "__dataclass_fields__"))? else {
        return Ok(None);
    };
    let Ok(fields) = fields.cast_into::<PyDict>() else {
        return Ok(None);
    };
    Ok(fields.iter().map(|(name, _)| text(&name)).collect())
}
